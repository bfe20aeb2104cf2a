// UDP daytime in usual Go: read, format the time, write.
package main

import (
	"fmt"
	"log"
	"net"
	"time"
)

const layout = "Monday, January 02, 2006 15:04:05-MST\r\n"

func main() {
	connection, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening", connection.LocalAddr().(*net.UDPAddr).Port)
	buffer := make([]byte, 65536)
	for {
		_, source, err := connection.ReadFromUDPAddrPort(buffer)
		if err != nil {
			log.Print(err)
			continue
		}
		line := time.Now().UTC().AppendFormat(nil, layout)
		if _, err := connection.WriteToUDPAddrPort(line, source); err != nil {
			log.Print(err)
		}
	}
}
