package conformance

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
)

// Bytes are read from a text of printable ASCII or from a list of segments.
type Bytes []byte

type segment struct {
	ASCII, UTF8 *string
	Hex         *string
	Repeat      *Bytes
	Times       int
	Pattern     *int
	Seed        *uint32
	Letters     bool
}

// UnmarshalJSON reads a text or a list of segments.
func (b *Bytes) UnmarshalJSON(data []byte) error {
	*b = Bytes{}
	var text string
	if json.Unmarshal(data, &text) == nil {
		*b = append(*b, text...)
		return nil
	}
	var segments []segment
	if err := json.Unmarshal(data, &segments); err != nil {
		return err
	}
	for _, each := range segments {
		part, err := each.bytes()
		if err != nil {
			return err
		}
		*b = append(*b, part...)
	}
	return nil
}

func (s segment) bytes() ([]byte, error) {
	switch {
	case s.ASCII != nil:
		return []byte(*s.ASCII), nil
	case s.UTF8 != nil:
		return []byte(*s.UTF8), nil
	case s.Hex != nil:
		return hex.DecodeString(*s.Hex)
	case s.Repeat != nil:
		return bytes.Repeat(*s.Repeat, s.Times), nil
	case s.Pattern != nil:
		x := uint32(1)
		if s.Seed != nil {
			x = *s.Seed
		}
		return pattern(*s.Pattern, x, s.Letters), nil
	}
	return nil, fmt.Errorf("there is a segment of an unknown form")
}

func pattern(size int, x uint32, letters bool) []byte {
	made := make([]byte, size)
	for at := range made {
		x = 1664525*x + 1013904223
		made[at] = byte(x >> 24)
		if letters {
			made[at] = 'a' + made[at]%26
		}
	}
	return made
}

// manyBytes is the size above which only some of the ways to cut are used.
const manyBytes = 4096

// Cuts yields the ways to cut the bytes, each with its name, except for "glued".
func (c *CodecCase) Cuts() iter.Seq2[string, [][]byte] {
	return func(yield func(string, [][]byte) bool) {
		for name, sizes := range cutSizes(len(c.Wire)) {
			if c.Chunks != nil && !slices.Contains(c.Chunks, name) {
				continue
			}
			var chunks [][]byte
			rest := []byte(c.Wire)
			for _, size := range sizes {
				chunks = append(chunks, rest[:size:size])
				rest = rest[size:]
			}
			if !yield(name, chunks) {
				return
			}
		}
	}
}

func cutSizes(size int) iter.Seq2[string, []int] {
	return func(yield func(string, []int) bool) {
		many := size > manyBytes
		if !yield("whole", []int{size}) || !many && !yield("bytewise", pieces(size, always(1))) {
			return
		}
		points := []int{size / 2, size - 1}
		for at := 1; at <= 40; at++ {
			points = append(points, at)
		}
		slices.Sort(points)
		for _, at := range slices.Compact(points) {
			if 0 < at && at < size && !yield(fmt.Sprintf("split@%d", at), []int{at, size - at}) {
				return
			}
		}
		if many {
			yield("random#1", pieces(size, random(65521)))
			return
		}
		var withEmpties []int
		for _, each := range pieces(size, always(5)) {
			withEmpties = append(withEmpties, 0, each)
		}
		_ = yield("by3", pieces(size, always(3))) &&
			yield("by7", pieces(size, always(7))) &&
			yield("with-empties", append(withEmpties, 0)) &&
			yield("random#1", pieces(size, random(17)))
	}
}

func always(size int) func() int {
	return func() int { return size }
}

func random(bound uint32) func() int {
	x := uint32(1)
	return func() int {
		x = 1664525*x + 1013904223
		return 1 + int(x>>16%bound)
	}
}

func pieces(size int, next func() int) (sizes []int) {
	for size > 0 {
		piece := min(size, next())
		sizes = append(sizes, piece)
		size -= piece
	}
	return sizes
}
