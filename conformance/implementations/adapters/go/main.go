// Drives the Go reference implementation of Gotalk, for tests.
//
// Without arguments it is an adapter: it reads commands as lines of JSON from standard input and writes answers to
// standard output, as ../README.md defines. With "serve" it is a server, for people and for simple tests.
package main

import (
	"fmt"
	"os"
)

const help = `Drives the Go implementation of Gotalk, or serves with it.

Usage:
  go run .                  Run the adapter: commands and answers are lines of JSON, see ../README.md
  go run . serve [options]  Serve the standard operations until standard input ends or a signal arrives,
                            and print one line of JSON for each address

Options of serve, at least one address:
  --tcp HOST:PORT           Listen on TCP; port 0 chooses a free port
  --unix PATH               Listen on a Unix socket
  --websocket HOST:PORT     Listen for WebSockets on any path, and serve /gotalk.js
  --options JSON            Set options as the adapter command listen takes them (default: {"streams":true})
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
		err = usageError{fmt.Errorf("cannot run: got command %q, wanted serve or none", arguments[0])}
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
