// A server with plain handlers, as Go programs write them.
package main

import (
	"fmt"
	"io"
	"log"
	"time"

	"github.com/rsms/gotalk"
)

func main() {
	gotalk.HandleBufferRequest("wait", func(*gotalk.Sock, string, []byte) ([]byte, error) {
		time.Sleep(20 * time.Millisecond)
		return nil, nil
	})
	// Writes back each part, also an empty one, which ends the answer.
	gotalk.HandleStreamRequest("echo", func(_ *gotalk.Sock, _ string, parts chan []byte, out io.WriteCloser) error {
		for {
			part := <-parts
			if part == nil {
				return nil
			}
			if _, err := out.Write(part); err != nil {
				return err
			}
		}
	})
	server, err := gotalk.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server.Limits = gotalk.NewLimits(10, 10)
	fmt.Println("tcp://" + server.Addr())
	log.Fatal(server.Accept())
}
