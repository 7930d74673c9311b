package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/rsms/gotalk"
)

// options of a connection; the defaults are those of the library.
type options struct {
	Streams               *bool      `json:"streams"`
	MaxConcurrentRequests *uint32    `json:"maxConcurrentRequests"`
	MaxConcurrentStreams  *uint32    `json:"maxConcurrentStreams"`
	OverloadWait          *[2]uint32 `json:"overloadWait"`
	HeartbeatInterval     *uint32    `json:"heartbeatInterval"`
	ReadTimeout           *uint32    `json:"readTimeout"`
}

func parseOptions(text []byte) (options, error) {
	var parsed options
	if len(text) == 0 {
		return parsed, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&parsed); err != nil {
		return parsed, skip(fmt.Sprintf("options: %v", err))
	}
	if wait := parsed.OverloadWait; wait != nil && (wait[0] == 0 || wait[0] >= wait[1]) {
		// The library takes 0 for "the default", and ends the process when it draws from an empty range.
		return parsed, skip(fmt.Sprintf("overloadWait is %v, the library can do 1 <= min < max", *wait))
	}
	return parsed, nil
}

// limits returns the defaults of the library with the options applied.
func (o options) limits() *gotalk.Limits {
	limits := *gotalk.DefaultLimits
	if o.Streams != nil && *o.Streams {
		limits.StreamRequests = gotalk.Unlimited
	}
	if o.MaxConcurrentStreams != nil {
		limits.StreamRequests = *o.MaxConcurrentStreams
	}
	if o.Streams != nil && !*o.Streams {
		limits.StreamRequests = 0
	}
	if o.MaxConcurrentRequests != nil {
		limits.BufferRequests = *o.MaxConcurrentRequests
	}
	if o.OverloadWait != nil {
		limits.BufferMinWait = milliseconds(o.OverloadWait[0])
		limits.BufferMaxWait = milliseconds(o.OverloadWait[1])
		limits.StreamMinWait = limits.BufferMinWait
		limits.StreamMaxWait = limits.BufferMaxWait
	}
	if o.ReadTimeout != nil {
		limits.ReadTimeout = milliseconds(*o.ReadTimeout)
	}
	return &limits
}

// heartbeatInterval returns the option, or the default of the library for the role.
func (o options) heartbeatInterval(otherwise time.Duration) time.Duration {
	if o.HeartbeatInterval == nil {
		return otherwise
	}
	return milliseconds(*o.HeartbeatInterval)
}

func milliseconds(n uint32) time.Duration {
	return time.Duration(n) * time.Millisecond
}
