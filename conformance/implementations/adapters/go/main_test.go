package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rsms/gotalk"
)

// TestMain lets tests start this program as a separate process.
func TestMain(m *testing.M) {
	if os.Getenv("GOTALK_ADAPTER") != "" {
		os.Exit(run(os.Args[1:]))
	}
	os.Exit(m.Run())
}

func TestEnds(t *testing.T) {
	t.Run("stop", func(t *testing.T) {
		p := start(t)
		expect(t, "stop", driveOver(t, p.in, p.out).must("stop", nil), answer{})
		p.exits(0)
	})
	t.Run("end of input", func(t *testing.T) {
		p := start(t)
		p.in.Close()
		p.exits(0)
	})
	t.Run("unknown command", func(t *testing.T) {
		start(t, "sing").exits(2)
	})
}

// The library recovers from panics in the handlers of single requests alone.
func TestCrashesEndTheProcess(t *testing.T) {
	for kind, crash := range map[string]func(d *driver, connection string){
		"stream": func(d *driver, connection string) {
			opened := d.must("open-stream", answer{"connection": connection, "operation": "crash"})
			d.must("write", answer{"call": opened["call"], "payload": hexOf("a")})
		},
		"notification": func(d *driver, connection string) {
			d.must("notify", answer{"connection": connection, "name": "crash"})
		},
	} {
		t.Run(kind, func(t *testing.T) {
			p := start(t)
			listener := driveOver(t, p.in, p.out).must("listen", answer{"transport": "tcp", "options": streams})
			d := drive(t)
			crash(d, d.must("connect", answer{"address": listener["address"]})["connection"].(string))
			p.exits(2)
		})
	}
}

func TestServe(t *testing.T) {
	folder := t.TempDir()
	p := start(t, "serve", "--tcp", "127.0.0.1:0", "--unix", filepath.Join(folder, "s"), "--websocket", "127.0.0.1:0")
	lines := json.NewDecoder(p.out)
	d := drive(t)
	for _, transport := range transports {
		var printed answer
		if err := lines.Decode(&printed); err != nil {
			t.Fatal(err)
		}
		connected := d.must("connect", answer{"address": printed["address"]})
		expect(t, transport, d.streamed(connected["connection"].(string), "stream-length", "abc"), stream("3"))
		if transport == "websocket" {
			expectScript(t, printed["script"].(string))
		}
	}
	p.in.Close()
	p.exits(0)
	if _, err := os.Stat(filepath.Join(folder, "s")); !os.IsNotExist(err) {
		t.Errorf("the Unix socket is still there: %v", err)
	}
}

func expectScript(t *testing.T, address string) {
	t.Helper()
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	script, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if string(script) != gotalk.JSLibString {
		t.Errorf("%s is not gotalk.js: %.60s", address, script)
	}
}

func TestServeEndsOnASignal(t *testing.T) {
	p := start(t, "serve", "--tcp", "127.0.0.1:0")
	if _, err := p.out.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := p.process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	p.exits(0)
}

func TestHelp(t *testing.T) {
	for _, arguments := range [][]string{{"--help"}, {"serve", "--help"}} {
		p := start(t, arguments...)
		text, err := io.ReadAll(p.out)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "help", string(text), help)
		p.exits(0)
	}
}

// program is this program as a process.
type program struct {
	t       *testing.T
	in      io.WriteCloser
	out     *bufio.Reader
	process *os.Process
	ended   chan int
}

func start(t *testing.T, arguments ...string) *program {
	t.Helper()
	command := exec.Command(os.Args[0], arguments...)
	command.Env = append(os.Environ(), "GOTALK_ADAPTER=1")
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, outEnd, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stdout = outEnd
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	outEnd.Close()
	ended := make(chan int, 1)
	go func() {
		command.Wait()
		ended <- command.ProcessState.ExitCode()
	}()
	t.Cleanup(func() {
		command.Process.Kill()
		out.Close()
	})
	return &program{t, in, bufio.NewReader(out), command.Process, ended}
}

func (p *program) exits(status int) {
	p.t.Helper()
	select {
	case got := <-p.ended:
		expect(p.t, "exit status", got, status)
	case <-time.After(bound):
		p.t.Fatal("the program does not end")
	}
}
