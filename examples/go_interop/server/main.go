// A server for Deno clients: go run ./server, then deno run --allow-net client.ts
package main

import (
	"fmt"
	"log"
	"os"

	"github.com/rsms/gotalk"
)

func main() {
	gotalk.Handle("greet", func(in struct{ Name string }) (map[string]string, error) {
		return map[string]string{"greeting": "Hello " + in.Name}, nil
	})
	address := append(os.Args, "127.0.0.1:1234")[1]
	server, err := gotalk.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("tcp://" + server.Addr())
	log.Fatal(server.Accept())
}
