package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"github.com/rsms/gotalk"
	"golang.org/x/net/websocket"
)

var transports = []string{"tcp", "unix", "websocket"}

// address is an address to connect to: tcp://host:port, unix:/path or ws://host:port/path.
type address struct{ *url.URL }

func parseAddress(text string) (address, error) {
	parsed, err := url.Parse(text)
	if err != nil {
		return address{}, fmt.Errorf("cannot connect: %w", err)
	}
	switch parsed.Scheme {
	case "tcp", "unix", "ws":
		return address{parsed}, nil
	}
	return address{}, skip(fmt.Sprintf("address is %q, this adapter connects to tcp:, unix: and ws:", text))
}

func (a address) transport() string {
	if a.Scheme == "ws" {
		return "websocket"
	}
	return a.Scheme
}

func (a address) dial(wires *wires) (net.Conn, error) {
	network, target := "tcp", a.Host
	if a.Scheme == "unix" {
		network, target = "unix", a.Path
	}
	conn, err := net.Dial(network, target)
	if err != nil {
		return nil, err
	}
	conn = wires.add(conn)
	if a.Scheme != "ws" {
		return conn, nil
	}
	// The library has no WebSocket client. It takes any connection, so this is one of the package that its server is
	// built on, set to binary messages as there.
	config, err := websocket.NewConfig(a.String(), "http://"+a.Host)
	if err != nil {
		conn.Close()
		return nil, err
	}
	socket, err := websocket.NewClient(config, conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	socket.PayloadType = websocket.BinaryFrame
	return socket, nil
}

// listener accepts connections for one address.
type listener struct {
	net.Listener
	address answer
	folder  string // created for a Unix socket; "" without
}

// listen serves the standard operations. An empty address means a free one on this machine. Accepted connections
// are passed on once the library has exchanged versions on them.
func listen(transport, at string, options options, wires *wires, accepted func(*peer)) (*listener, error) {
	var l *listener
	var err error
	switch transport {
	case "tcp", "websocket":
		l, err = bind("tcp", cmp.Or(at, "127.0.0.1:0"), wires)
	case "unix":
		l, err = bindUnix(at, wires)
	default:
		err = skip(fmt.Sprintf("transport is %q, this adapter listens on %v", transport, transports))
	}
	if err != nil {
		return nil, err
	}
	bound := l.Addr().String()
	switch transport {
	case "tcp":
		l.address = answer{"address": "tcp://" + bound}
		go l.serve(options, accepted)
	case "unix":
		l.address = answer{"address": "unix:" + bound}
		go l.serve(options, accepted)
	case "websocket":
		l.address = answer{"address": "ws://" + bound + "/", "script": "http://" + bound + "/gotalk.js"}
		go http.Serve(l, webSocketServer(options, accepted))
	}
	return l, nil
}

func bind(network, at string, wires *wires) (*listener, error) {
	l, err := net.Listen(network, at)
	if err != nil {
		return nil, err
	}
	return &listener{Listener: wireListener{l, wires}}, nil
}

func bindUnix(path string, wires *wires) (*listener, error) {
	if path != "" {
		return bind("unix", path, wires)
	}
	folder, err := os.MkdirTemp("", "gotalk-")
	if err != nil {
		return nil, err
	}
	l, err := bind("unix", filepath.Join(folder, "socket"), wires)
	if err != nil {
		os.Remove(folder)
		return nil, err
	}
	l.folder = folder
	return l, nil
}

func (l *listener) close() error {
	err := l.Close()
	if l.folder != "" {
		os.Remove(l.folder)
	}
	return err
}

// serve gives each connection a separate server of the library, since a server has one heartbeat callback for all its
// connections, which does not receive the connection.
func (l *listener) serve(options options, accepted func(*peer)) {
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			log.Printf("cannot accept any more: %v", err)
			return
		}
		p := newPeer(conn.LocalAddr().Network())
		server := gotalk.NewServer(operations, options.limits(), newSingle(conn))
		server.HeartbeatInterval = options.heartbeatInterval(server.HeartbeatInterval)
		server.OnHeartbeat = p.heartbeat
		server.AcceptHandler = func(sock *gotalk.Sock) {
			sock.CloseHandler = func(_ *gotalk.Sock, code int) { p.ended(code) }
			p.opened(sock)
			accepted(p)
		}
		go server.Accept()
	}
}

func webSocketServer(options options, accepted func(*peer)) http.Handler {
	server := gotalk.NewWebSocketServer()
	server.Handlers = operations
	server.Limits = options.limits()
	server.HeartbeatInterval = options.heartbeatInterval(server.HeartbeatInterval)
	server.OnConnect = func(socket *gotalk.WebSocket) {
		p := newPeer("websocket")
		socket.OnHeartbeat = p.heartbeat
		socket.CloseHandler = func(_ *gotalk.WebSocket, code int) { p.ended(code) }
		p.opened(&socket.Sock)
		accepted(p)
	}
	return server
}

// single is a listener that accepts one connection, then no more.
type single chan net.Conn

func newSingle(conn net.Conn) single {
	s := make(single, 1)
	s <- conn
	close(s)
	return s
}

func (s single) Accept() (net.Conn, error) {
	if conn, ok := <-s; ok {
		return conn, nil
	}
	return nil, io.EOF
}

func (s single) Close() error   { return nil }
func (s single) Addr() net.Addr { return nil }
