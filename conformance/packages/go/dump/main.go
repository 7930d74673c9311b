// Command dump prints checksums of all decoded codec cases, to be compared with those of the other packages.
package main

import (
	"fmt"
	"hash/crc32"
	"strings"

	conformance "github.com/gotalk/gotalk/conformance/corpus"
)

func text(m conformance.Message) string {
	switch m.Kind {
	case "SingleRequest", "StreamRequest":
		return fmt.Sprintf("id=%x kind=%s operation=%x payload=%x", m.ID, m.Kind, m.Operation, m.Payload)
	case "RetryResult":
		return fmt.Sprintf("id=%x kind=%s payload=%x wait=%d", m.ID, m.Kind, m.Payload, m.Wait)
	case "Notification":
		return fmt.Sprintf("kind=%s name=%x payload=%x", m.Kind, m.Name, m.Payload)
	case "Heartbeat":
		return fmt.Sprintf("kind=%s load=%d time=%d", m.Kind, m.Load, m.Time)
	case "ProtocolError":
		return fmt.Sprintf("code=%d kind=%s", m.Code, m.Kind)
	}
	return fmt.Sprintf("id=%x kind=%s payload=%x", m.ID, m.Kind, m.Payload)
}

func checksum(bytes []byte) uint32 { return crc32.ChecksumIEEE(bytes) }

func main() {
	for c := range conformance.CodecCases("") {
		var messages []string
		for _, each := range c.Messages {
			messages = append(messages, text(each))
		}
		fmt.Println(c.ID, checksum(c.Wire), checksum([]byte(strings.Join(messages, "\n"))))
		for name, chunks := range c.Cuts() {
			var sizes []string
			for _, each := range chunks {
				sizes = append(sizes, fmt.Sprint(len(each)))
			}
			fmt.Println(c.ID, name, checksum([]byte(strings.Join(sizes, ","))))
		}
	}
}
