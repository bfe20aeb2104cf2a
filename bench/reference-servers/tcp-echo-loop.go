// TCP echo in Go with a loop of reads and writes in place of io.Copy, which takes a pipe for each connection.
package main

import (
	"fmt"
	"log"
	"net"
)

const bufferBytes = 4096

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
		go echo(connection)
	}
}

func echo(connection net.Conn) {
	defer connection.Close()
	buffer := make([]byte, bufferBytes)
	for {
		length, err := connection.Read(buffer)
		if length > 0 {
			if _, err := connection.Write(buffer[:length]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
