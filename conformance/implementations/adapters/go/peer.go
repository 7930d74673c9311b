package main

import (
	"net"
	"sync/atomic"
	"time"

	"github.com/rsms/gotalk"
)

// kept is how many of the latest notifications and heartbeats a connection remembers.
const kept = 1000

// peer is a connection of the library, and its state.
type peer struct {
	transport string
	sock      *gotalk.Sock
	state     watched[connection]
	closed    chan struct{}
	// farewell is the start of the answer after which the connection must be closed.
	farewell atomic.Pointer[byte]
}

type connection struct {
	phase      string // connecting, open, closed
	code       *int   // what the close handler of the library received
	failure    error  // why the connection was never open
	notes      []note
	heartbeats []heartbeat
}

type note struct {
	Name    string      `json:"name"`
	Payload hexadecimal `json:"payload"`
}

type heartbeat struct {
	Load int   `json:"load"`
	Time int64 `json:"time"`
}

func newPeer(transport string) *peer {
	return &peer{
		transport: transport,
		state:     watched[connection]{value: connection{phase: "connecting"}},
		closed:    make(chan struct{}),
	}
}

// peerOf returns the peer of a socket in a handler.
func peerOf(sock *gotalk.Sock) *peer {
	return sock.UserData.(*peer)
}

// opened takes over a socket that the library accepted, before it reads any message.
func (p *peer) opened(sock *gotalk.Sock) {
	p.sock = sock
	sock.UserData = p
	sock.Adopt(outlet{sock.Conn().(net.Conn), p})
	p.state.change(func(c *connection) { c.phase = "open" })
}

// connect opens the connection.
func (p *peer) connect(address address, options options, wires *wires) {
	p.sock = gotalk.NewSock(operations)
	p.sock.UserData = p
	p.sock.HeartbeatInterval = options.heartbeatInterval(p.sock.HeartbeatInterval)
	p.sock.OnHeartbeat = p.heartbeat
	p.sock.CloseHandler = func(_ *gotalk.Sock, code int) { p.ended(code) }
	conn, err := address.dial(wires)
	if err == nil {
		err = p.sock.ConnectReader(outlet{conn, p}, options.limits())
	}
	p.state.change(func(c *connection) {
		if err == nil && c.code == nil {
			c.phase = "open"
			return
		}
		c.failure = err
		p.close(c)
	})
}

// ended is the close handler of the library. For a connection that is not open yet, connect reports why it was closed.
func (p *peer) ended(code int) {
	p.state.change(func(c *connection) {
		c.code = &code
		if c.phase == "open" {
			p.close(c)
		}
	})
}

func (p *peer) close(c *connection) {
	c.phase = "closed"
	close(p.closed)
}

func (p *peer) note(name string, payload []byte) {
	p.state.change(func(c *connection) {
		c.notes = append(c.notes, note{name, copied(payload)})
		c.notes = c.notes[max(0, len(c.notes)-kept):]
	})
}

func (p *peer) heartbeat(load int, at time.Time) {
	p.state.change(func(c *connection) {
		c.heartbeats = append(c.heartbeats, heartbeat{load, at.Unix()})
		c.heartbeats = c.heartbeats[max(0, len(c.heartbeats)-kept):]
	})
}

// report returns the state of the connection once it is closed or has received enough.
func (p *peer) report(limit time.Duration, enough func(connection) bool) answer {
	c := p.state.await(limit, func(c connection) bool { return c.phase == "closed" || enough(c) })
	a := answer{
		"state":      c.phase,
		"notes":      append([]note{}, c.notes...),
		"heartbeats": append([]heartbeat{}, c.heartbeats...),
	}
	if c.code != nil {
		a["code"] = *c.code
	}
	if c.failure != nil {
		a["message"] = c.failure.Error()
	}
	return a
}

// closeAfter closes the connection once the library has written an answer, which must not be empty.
func (p *peer) closeAfter(answer []byte) {
	p.farewell.Store(&answer[0])
}

// outlet is the connection that the library uses. The library does not report that an answer is written, but it passes
// the bytes of a handler to its connection as they are, so they are recognised here.
type outlet struct {
	net.Conn
	peer *peer
}

func (o outlet) Write(b []byte) (int, error) {
	n, err := o.Conn.Write(b)
	if len(b) > 0 && &b[0] == o.peer.farewell.Load() {
		go o.peer.sock.Close() // not here: the library holds the lock that Close wants
	}
	return n, err
}

// Close hides how closing failed: the library would give that text to each pending call in place of "socket closed", and
// it would look like an ErrorResult of the remote peer.
func (o outlet) Close() error {
	o.Conn.Close()
	return nil
}
