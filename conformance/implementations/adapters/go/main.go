// The Go reference as a program that tests can drive.
//
// Without arguments it is an adapter: it reads commands as JSON Lines from standard input and answers on standard
// output, as ../README.md defines. With "serve" it is a server for people and for tests that need nothing else.
package main

import (
	"fmt"
	"os"
)

const help = `Drives the Go implementation of Gotalk, or serves with it.

  go run .          adapter: JSON Lines on standard input and output, see ../README.md
  go run . serve    serves the standard operations until standard input ends or a signal comes,
                    and prints one line of JSON for each address

Options of serve, at least one address:
  --tcp HOST:PORT         listens on TCP; port 0 takes a free one
  --unix PATH             listens on a Unix socket
  --websocket HOST:PORT   listens for WebSockets on any path, and gives out /gotalk.js
  --options JSON          the options of the adapter's listen command; {"streams":true} by default
`

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(arguments []string) int {
	var err error
	switch {
	case len(arguments) == 0:
		err = newAdapter(os.Stdout).run(os.Stdin)
	case arguments[0] == "serve":
		err = serve(arguments[1:], os.Stdin, os.Stdout)
	case arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help":
		fmt.Print(help)
	default:
		err = usageError{fmt.Errorf("cannot run: command is %q, wanted serve or none", arguments[0])}
	}
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, err)
	if _, usage := err.(usageError); usage {
		fmt.Fprintf(os.Stderr, "\n%s", help)
		return 2
	}
	return 1
}

// usageError is a mistake on the command line.
type usageError struct{ error }
