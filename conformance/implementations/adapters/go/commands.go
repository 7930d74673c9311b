package main

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/rsms/gotalk"
)

// adapterProtocol is the version of the adapter protocol in ../README.md.
const adapterProtocol = 1

// defaultTimeout is how long connect, close and drain wait by default.
const defaultTimeout = 5 * time.Second

// The largest numbers that the protocol can write, which are the only limits of the library.
const (
	largestName    = 4095
	largestPayload = math.MaxUint32
)

// prompt are the commands that do not wait, and are answered in their order.
var prompt = map[string]func(*adapter, command) (answer, error){
	"start":       (*adapter).start,
	"encode":      (*adapter).encode,
	"decode":      (*adapter).decode,
	"listen":      (*adapter).listen,
	"open-stream": (*adapter).openStream,
	"cancel":      (*adapter).cancel,
	"reset": func(a *adapter, _ command) (answer, error) {
		a.reset()
		return answer{}, nil
	},
}

// waiting are the commands that may wait, and must not block others.
var waiting = map[string]func(*adapter, command) (answer, error){
	"connect": (*adapter).connect,
	"request": (*adapter).request,
	"notify":  (*adapter).notify,
	"write":   (*adapter).write,
	"end":     (*adapter).end,
	"report":  (*adapter).report,
	"close":   (*adapter).close,
	"drain":   (*adapter).drain,
}

func (a *adapter) start(c command) (answer, error) {
	if c.Protocol != adapterProtocol {
		return nil, fmt.Errorf("cannot start: got adapter protocol %d, wanted %d", c.Protocol, adapterProtocol)
	}
	return answer{
		"implementation": answer{
			"name":     "gotalk",
			"version":  gotalk.Version,
			"language": "go",
			"homepage": "https://github.com/rsms/gotalk",
			"issues":   "https://github.com/rsms/gotalk/issues",
		},
		"roles":      answer{"acceptor": transports, "initiator": transports},
		"versions":   []string{"01"},
		"features":   []string{"codec", "drain", "heartbeat", "limits", "readTimeout", "streams", "textMessages"},
		"operations": operationNames,
		"limits":     answer{"name": largestName, "payload": uint32(largestPayload)},
	}, nil
}

// checkVersion refuses versions of the Gotalk protocol that the library does not have.
func checkVersion(version string) error {
	if version != "" && version != "01" {
		return skip(fmt.Sprintf("version is %q, the library has 01", version))
	}
	return nil
}

func (a *adapter) encode(c command) (answer, error) {
	if err := checkVersion(c.Version); err != nil {
		return nil, err
	}
	encoded, err := encodeVersion()
	if c.Message != nil {
		encoded, err = encode(*c.Message)
	}
	if reason, ok := err.(refuse); ok {
		return answer{"refused": answer{"reason": reason.Error()}}, nil
	}
	if err != nil {
		return nil, err
	}
	return answer{"bytes": hexadecimal(encoded)}, nil
}

func (a *adapter) decode(c command) (answer, error) {
	if err := checkVersion(c.Version); err != nil {
		return nil, err
	}
	if c.Limits.areBelow(largestName, largestPayload) {
		return nil, skip("the library takes names and payloads of any size")
	}
	messages, refused := decode(&chunkReader{chunks: c.Chunks, ended: c.End, index: -1}, c.Handshake)
	result := answer{"messages": messages}
	if refused != nil {
		result["refused"] = refused
	}
	return result, nil
}

// accepting is a listener, and the handles of the connections that it accepted.
type accepting struct {
	listener    *listener
	connections watched[[]string]
}

func (a *adapter) listen(c command) (answer, error) {
	options, err := parseOptions(c.Options)
	if err != nil {
		return nil, err
	}
	made := new(accepting)
	made.listener, err = listen(c.Transport, "", options, a.currentWires(), func(p *peer) {
		handle := a.add("connection", p)
		made.connections.change(func(handles *[]string) { *handles = append(*handles, handle) })
	})
	if err != nil {
		return nil, err
	}
	result := answer{"listener": a.add("listener", made)}
	for key, value := range made.listener.address {
		result[key] = value
	}
	return result, nil
}

func (a *adapter) connect(c command) (answer, error) {
	options, err := parseOptions(c.Options)
	if err != nil {
		return nil, err
	}
	address, err := parseAddress(c.Address)
	if err != nil {
		return nil, err
	}
	p := newPeer(address.transport())
	handle := a.add("connection", p)
	go p.connect(address, options, a.currentWires())
	result := p.report(c.limit(defaultTimeout), func(now connection) bool { return now.phase == "open" })
	result["connection"] = handle
	return result, nil
}

// established finds a connection on which the versions were exchanged; before that, the library cannot use it.
func (a *adapter) established(c command) (*peer, error) {
	p, err := find[*peer](a, "connection", c.Connection)
	if err == nil && p.state.get().phase == "connecting" {
		err = errors.New("cannot use the connection: it is not open yet")
	}
	return p, err
}

func (a *adapter) request(c command) (answer, error) {
	p, err := a.established(c)
	if err != nil {
		return nil, err
	}
	ask := p.request
	if c.Retry {
		ask = p.requestRetrying
	}
	return answer{"call": a.add("call", ask(c.Operation, c.Payload))}, nil
}

func (a *adapter) notify(c command) (answer, error) {
	p, err := a.established(c)
	if err != nil {
		return nil, err
	}
	return answer{}, p.sock.BufferNotify(c.Name, c.Payload)
}

func (a *adapter) openStream(c command) (answer, error) {
	p, err := a.established(c)
	if err != nil {
		return nil, err
	}
	return answer{"call": a.add("call", p.openStream(c.Operation))}, nil
}

func (a *adapter) write(c command) (answer, error) {
	return a.give(c, func(stream *gotalk.StreamRequest) error { return stream.Write(c.Payload) })
}

func (a *adapter) end(c command) (answer, error) {
	return a.give(c, (*gotalk.StreamRequest).End)
}

// give passes something to a stream request. An error for a settled call is dropped.
func (a *adapter) give(c command, hand func(*gotalk.StreamRequest) error) (answer, error) {
	called, err := find[*call](a, "call", c.Call)
	if err == nil && called.stream == nil {
		err = errors.New("cannot write: the call is a single request")
	}
	if err != nil {
		return nil, err
	}
	if err := hand(called.stream); err != nil && called.state.get().outcome == nil {
		return nil, err
	}
	return answer{}, nil
}

func (a *adapter) cancel(command) (answer, error) {
	return nil, skip("the library cannot abandon a call")
}

func (a *adapter) report(c command) (answer, error) {
	limit := c.limit(0)
	switch {
	case c.Call != "":
		called, err := find[*call](a, "call", c.Call)
		if err != nil {
			return nil, err
		}
		return called.report(limit, c.Parts), nil
	case c.Connection != "":
		p, err := find[*peer](a, "connection", c.Connection)
		if err != nil {
			return nil, err
		}
		return p.report(limit, func(now connection) bool {
			return c.Notes+c.Heartbeats > 0 && len(now.notes) >= c.Notes && len(now.heartbeats) >= c.Heartbeats
		}), nil
	}
	made, err := find[*accepting](a, "listener", c.Listener)
	if err != nil {
		return nil, err
	}
	handles := made.connections.await(limit, func(handles []string) bool {
		return len(handles) >= max(1, c.Connections)
	})
	return answer{"connections": append([]string{}, handles...)}, nil
}

func (a *adapter) close(c command) (answer, error) {
	if c.Listener != "" {
		made, err := find[*accepting](a, "listener", c.Listener)
		if err != nil {
			return nil, err
		}
		return answer{}, made.listener.close()
	}
	p, err := a.established(c)
	if err != nil {
		return nil, err
	}
	if p.state.get().phase == "open" { // a socket that never was panics
		go p.sock.Close() // it blocks if the write lock of the library is never released
	}
	return p.report(c.limit(defaultTimeout), func(connection) bool { return false }), nil
}

// drain uses the shutdown of the library, which closes the connection after the timeout, not when the work is done.
func (a *adapter) drain(c command) (answer, error) {
	p, err := a.established(c)
	if err != nil {
		return nil, err
	}
	if p.transport == "websocket" {
		return nil, skip("the library does not support Shutdown on WebSocket connections")
	}
	limit := c.limit(defaultTimeout)
	done := new(sync.WaitGroup)
	done.Add(1)
	if err := p.sock.Shutdown(done, limit); err != nil {
		return nil, err
	}
	return p.report(limit+time.Second, func(connection) bool { return false }), nil
}
