// A client of a Deno server: go run ./client
package main

import (
	"fmt"
	"log"
	"os"

	"github.com/rsms/gotalk"
)

func main() {
	address := append(os.Args, "127.0.0.1:1234")[1]
	sock, err := gotalk.Connect("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	var out struct{ Greeting string }
	if err := sock.Request("greet", map[string]string{"name": "Rasmus"}, &out); err != nil {
		log.Fatal(err)
	}
	fmt.Println(out.Greeting)
}
