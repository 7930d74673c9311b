// Package conformance has the cases that judge implementations of Gotalk, as data.
//
// [Files] are the files themselves; what is in them is explained in README.md. The codec cases are decoded, so
// that a test needs nothing else:
//
//	func TestDecoder(t *testing.T) {
//		conformance.Run(t, "decode", func(t *testing.T, c *conformance.CodecCase) {
//			for name, chunks := range c.Cuts() {
//				…
//			}
//		})
//	}
package conformance

import (
	"embed"
	"encoding/json"
	"fmt"
	"iter"
	"path"
	"strings"
	"sync"
	"testing"
)

// Files are the files of the corpus, from manifest.json on, and of its JSON Schemas in schema/.
//
//go:embed LICENSE README.md *.json schema codec session websocket extensions hostile
var Files embed.FS

// Manifest is the part of manifest.json that most users need.
type Manifest struct {
	Version string
	Files   []struct {
		Path  string
		Cases int
	}
}

// CodecCase is a case for a decoder, an encoder or both.
type CodecCase struct {
	ID         string
	Since      string
	Level      string
	Title      string
	Spec       []string
	Flags      []string
	Directions []string
	// Wire are the bytes; nil if nothing may be written.
	Wire     Bytes
	Messages []Message
	// Error is what is refused behind the messages; nil if nothing is.
	Error     *Refusal
	Handshake bool   // whether the version comes first
	Version   string // the version of the protocol, "01" or "00"
	End       bool   // whether the input ends behind the bytes
	// Limits are the limits to set in the decoder; nil where there is none.
	Limits struct{ Name, Payload *int64 }
	// Chunks are the names of the ways to cut that the case has; all if it is nil.
	Chunks []string
}

// Message is a message, with the fields of its kind. Numbers may be out of range, to be refused.
type Message struct {
	Kind                         string
	ID, Operation, Name, Payload Bytes
	Wait, Load, Time, Code       int64
}

// Refusal is what a decoder or an encoder has to refuse.
type Refusal struct {
	Reason string
	Code   *int64 // the code of the ProtocolError, where it is certain
	At     *int64 // the offset of the first byte that is wrong, where it is certain
}

func read(name string, value any) error {
	data, err := Files.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, value); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// ReadManifest returns the manifest.
func ReadManifest() (manifest Manifest, err error) {
	err = read("manifest.json", &manifest)
	return manifest, err
}

// Cases yields the cases of a suite as they are in the files, without those that were withdrawn. The suites are
// codec, session, websocket, extensions and hostile. It panics if the files cannot be read, which their tests
// rule out.
func Cases(suite string) iter.Seq[json.RawMessage] {
	return func(yield func(json.RawMessage) bool) {
		manifest, err := ReadManifest()
		if err != nil {
			panic(err)
		}
		for _, file := range manifest.Files {
			if path.Dir(file.Path) != suite {
				continue
			}
			var content struct{ Cases []json.RawMessage }
			if err := read(file.Path, &content); err != nil {
				panic(err)
			}
			for _, each := range content.Cases {
				var status struct{ Withdrawn string }
				if err := json.Unmarshal(each, &status); err != nil {
					panic(err)
				}
				if status.Withdrawn == "" && !yield(each) {
					return
				}
			}
		}
	}
}

var codecCases = sync.OnceValue(func() (cases []*CodecCase) {
	for each := range Cases("codec") {
		decoded := CodecCase{Version: "01"}
		if err := json.Unmarshal(each, &decoded); err != nil {
			panic(err)
		}
		cases = append(cases, &decoded)
	}
	return cases
})

// CodecCases yields the codec cases for a direction, "decode" or "encode"; all if it is empty.
func CodecCases(direction string) iter.Seq[*CodecCase] {
	return func(yield func(*CodecCase) bool) {
		for _, each := range codecCases() {
			if (direction == "" || each.For(direction)) && !yield(each) {
				return
			}
		}
	}
}

// For reports whether the case is for a direction, "decode" or "encode".
func (c *CodecCase) For(direction string) bool {
	for _, each := range c.Directions {
		if each == direction {
			return true
		}
	}
	return false
}

// Run runs a subtest for each codec case for a direction, under its identifier without "codec/".
func Run(t *testing.T, direction string, test func(*testing.T, *CodecCase)) {
	t.Helper()
	for each := range CodecCases(direction) {
		t.Run(strings.TrimPrefix(each.ID, "codec/"), func(t *testing.T) { test(t, each) })
	}
}
