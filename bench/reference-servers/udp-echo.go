// UDP echo in usual Go: read, write back.
package main

import (
	"fmt"
	"log"
	"net"
)

func main() {
	connection, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening", connection.LocalAddr().(*net.UDPAddr).Port)
	buffer := make([]byte, 65536)
	for {
		length, source, err := connection.ReadFromUDPAddrPort(buffer)
		if err != nil {
			log.Print(err)
			continue
		}
		if _, err := connection.WriteToUDPAddrPort(buffer[:length], source); err != nil {
			log.Print(err)
		}
	}
}
