// TCP daytime in usual Go: a goroutine for each connection, and time.Format.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"time"
)

const layout = "Monday, January 02, 2006 15:04:05-MST\r\n"

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening", listener.Addr().(*net.TCPAddr).Port)
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer connection.Close()
			io.WriteString(connection, time.Now().UTC().Format(layout))
		}()
	}
}
