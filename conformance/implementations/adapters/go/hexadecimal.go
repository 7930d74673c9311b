package main

import "encoding/hex"

// hexadecimal is bytes that JSON shows as hexadecimal digits.
type hexadecimal []byte

func (b hexadecimal) MarshalText() ([]byte, error) {
	return hex.AppendEncode(nil, b), nil
}

func (b *hexadecimal) UnmarshalText(text []byte) error {
	bytes, err := hex.AppendDecode([]byte{}, text)
	*b = bytes
	return err
}

// copied copies bytes that the library may share; never nil, so that no bytes are still written as "".
func copied(b []byte) hexadecimal {
	return append(hexadecimal{}, b...)
}
