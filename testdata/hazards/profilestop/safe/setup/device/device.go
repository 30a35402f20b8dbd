// Package device stands for a source of packets.
package device

import (
	"errors"
	"io"
	"time"

	"hazards.test/profilestop/internal/observe"
)

// A Device gives packets.
type Device struct{ left int }

// Open opens a device.
func Open(name string) (*Device, error) {
	if name == "" {
		return nil, errors.New("no device")
	}
	return &Device{left: 5}, nil
}

// Limit says how many packets are wanted.
func (d *Device) Limit(n int) error {
	if n < 0 {
		return errors.New("negative limit")
	}
	d.left = min(d.left, n)
	return nil
}

// Next returns the next packet, io.EOF after the last.
func (d *Device) Next() (int, error) {
	if d.left == 0 {
		return 0, io.EOF
	}
	d.left--
	observe.Burn(10 * time.Millisecond)
	return d.left, nil
}
