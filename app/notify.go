package main

import (
	"net"
	"os"
)

// notify tells systemd how the service is: READY=1 when it answers, STOPPING=1 when it no longer
// does. Where nobody has asked (NOTIFY_SOCKET) it does nothing; a failure harms nobody but the
// one who waits.
func notify(state string) {
	address := os.Getenv("NOTIFY_SOCKET") // the net package knows the @ of an abstract one
	if address == "" {
		return
	}
	socket, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: address, Net: "unixgram"})
	if err != nil {
		return
	}
	defer socket.Close()
	socket.Write([]byte(state))
}
