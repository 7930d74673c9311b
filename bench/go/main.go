// Command bench-go is a worker process of the benchmark that uses the Go implementation: it performs each line of work
// from stdin and answers it with figures.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rsms/gotalk"
)

// work is one unit of work; _work.ts describes the fields.
type work struct {
	Kind        string         `json:"kind"`
	Ports       map[string]int `json:"ports"`
	Connections int            `json:"connections"`
	Size        int            `json:"size"`
	InFlight    int            `json:"inFlight"`
	Seconds     float64        `json:"seconds"`
}

type figures map[string]float64

type workHandler func(work) (figures, error)

func main() {
	workHandlers := map[string]workHandler{"memory": memory}
	switch strings.Join(os.Args[1:], " ") {
	case "server":
		workHandlers["ports"] = listen()
	case "client":
		c := &client{}
		workHandlers["connect"] = c.connect
		workHandlers["calls"] = c.calls
		workHandlers["notifications"] = c.notifications
	default:
		fmt.Fprintf(os.Stderr, "Cannot run: arguments are %q, wanted server or client\n", os.Args[1:])
		os.Exit(2)
	}
	answers := json.NewEncoder(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		found, err := perform(workHandlers, lines.Bytes())
		if err != nil {
			answers.Encode(map[string]string{"error": err.Error()})
		} else {
			answers.Encode(map[string]figures{"figures": found})
		}
	}
}

func perform(workHandlers map[string]workHandler, line []byte) (figures, error) {
	var w work
	if err := json.Unmarshal(line, &w); err != nil {
		return nil, err
	}
	if workHandlers[w.Kind] == nil {
		return nil, fmt.Errorf("cannot perform %s: the Go program does not support it", w.Kind)
	}
	return workHandlers[w.Kind](w)
}

// listen serves on a free port, and returns a handler that reports the port.
func listen() workHandler {
	var ticks atomic.Uint64
	handlers := gotalk.NewHandlers()
	handlers.HandleBufferRequest("echo", func(_ *gotalk.Sock, _ string, payload []byte) ([]byte, error) {
		return payload, nil
	})
	handlers.HandleBufferNotification("tick", func(*gotalk.Sock, string, []byte) { ticks.Add(1) })
	handlers.HandleBufferRequest("ticks", func(*gotalk.Sock, string, []byte) ([]byte, error) {
		return binary.BigEndian.AppendUint64(nil, ticks.Load()), nil
	})
	server, err := gotalk.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	server.Handlers = handlers
	server.Limits = gotalk.NoLimits
	go server.Accept()
	_, port, _ := net.SplitHostPort(server.Addr())
	number, _ := strconv.ParseFloat(port, 64)
	return func(work) (figures, error) { return figures{"go": number}, nil }
}

// client makes calls on its connections.
type client struct {
	socks []*gotalk.Sock
}

func (c *client) connect(w work) (figures, error) {
	address := fmt.Sprintf("127.0.0.1:%d", w.Ports["go"])
	for range w.Connections {
		sock := gotalk.NewSock(gotalk.NewHandlers())
		if err := sock.Connect("tcp", address, gotalk.NoLimits); err != nil {
			return nil, err
		}
		c.socks = append(c.socks, sock)
	}
	return figures{}, nil
}

func (c *client) calls(w work) (figures, error) {
	payload := make([]byte, w.Size)
	var running atomic.Bool
	running.Store(true)
	time.AfterFunc(seconds(w), func() { running.Store(false) })
	var count atomic.Uint64
	var failure atomic.Value
	var callers sync.WaitGroup
	start := time.Now()
	for _, sock := range c.socks {
		for range w.InFlight {
			callers.Go(func() {
				for made := true; made; made = running.Load() {
					if _, err := sock.BufferRequest("echo", payload); err != nil {
						failure.Store(err)
						return
					}
					count.Add(1)
				}
			})
		}
	}
	callers.Wait()
	if err, failed := failure.Load().(error); failed {
		return nil, err
	}
	return figures{"rate": float64(count.Load()) / time.Since(start).Seconds()}, nil
}

func (c *client) notifications(w work) (figures, error) {
	sock, payload := c.socks[0], make([]byte, w.Size)
	before, err := ticks(sock)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	for time.Since(start) < seconds(w) {
		for range 100 { // reading the clock must not dominate
			if err := sock.BufferNotify("tick", payload); err != nil {
				return nil, err
			}
		}
	}
	after, err := ticks(sock)
	return figures{"rate": float64(after-before) / time.Since(start).Seconds()}, err
}

// ticks returns the number of notifications that the server has received; the request is read after all earlier ones.
func ticks(sock *gotalk.Sock) (uint64, error) {
	answer, err := sock.BufferRequest("ticks", nil)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint64(answer), nil
}

func seconds(w work) time.Duration {
	return time.Duration(w.Seconds * float64(time.Second))
}

// memory returns the memory of the process on Linux, and zeros on other systems.
func memory(work) (figures, error) {
	debug.FreeOSMemory()
	found := figures{"peak": 0, "resident": 0}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return found, nil
	}
	for line := range strings.Lines(string(status)) {
		var name string
		var kib float64
		if n, _ := fmt.Sscan(line, &name, &kib); n < 2 {
			continue
		}
		switch name {
		case "VmHWM:":
			found["peak"] = kib * 1024
		case "VmRSS:":
			found["resident"] = kib * 1024
		}
	}
	return found, nil
}
