package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// serve offers the standard operations on the addresses of the command line until stdin ends or a signal arrives.
func serve(arguments []string, stdin io.Reader, stdout io.Writer) error {
	addresses := map[string]*string{}
	optionsText := `{"streams":true}`
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	for _, transport := range transports {
		addresses[transport] = flags.String(transport, "", "")
	}
	flags.StringVar(&optionsText, "options", optionsText, "")
	if err := flags.Parse(arguments); errors.Is(err, flag.ErrHelp) {
		_, err := io.WriteString(stdout, help)
		return err
	} else if err != nil {
		return usageError{fmt.Errorf("cannot serve: %w", err)}
	}
	if flags.NArg() > 0 {
		return usageError{fmt.Errorf("cannot serve: argument is %q, wanted options only", flags.Arg(0))}
	}
	options, err := parseOptions([]byte(optionsText))
	if err != nil {
		return usageError{fmt.Errorf("cannot serve: %w", err)}
	}

	ended, end := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer end()
	wires := newWires()
	defer wires.cut()
	listening := false
	for _, transport := range transports {
		if *addresses[transport] == "" {
			continue
		}
		listener, err := listen(transport, *addresses[transport], options, wires, func(*peer) {})
		if err != nil {
			return err
		}
		defer listener.close()
		listening = true
		if err := json.NewEncoder(stdout).Encode(listener.address); err != nil {
			return err
		}
	}
	if !listening {
		return usageError{errors.New("cannot serve: no address, wanted --tcp, --unix or --websocket")}
	}

	go func() {
		io.Copy(io.Discard, stdin)
		end()
	}()
	<-ended.Done()
	return nil
}
