package main

import (
	"net"
	"sync"
)

// wires are the connections below the library, kept so that they can be closed whatever the state of the library: closing
// a socket waits for its write lock, which a blocked write holds, and a failed write never releases.
type wires struct {
	mu    sync.Mutex
	open  map[*wire]struct{}
	isCut bool
}

type wire struct {
	net.Conn
	wires *wires
}

func newWires() *wires {
	return &wires{open: map[*wire]struct{}{}}
}

func (w *wires) add(conn net.Conn) net.Conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	added := &wire{conn, w}
	w.open[added] = struct{}{}
	if w.isCut {
		conn.Close()
	}
	return added
}

// cut closes all connections, and those that are being opened once they are open.
func (w *wires) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = true
	for wire := range w.open {
		wire.Conn.Close()
	}
}

func (w *wire) Close() error {
	w.wires.mu.Lock()
	delete(w.wires.open, w)
	w.wires.mu.Unlock()
	return w.Conn.Close()
}

// wireListener is a listener whose connections are wires.
type wireListener struct {
	net.Listener
	wires *wires
}

func (l wireListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.wires.add(conn), nil
}
