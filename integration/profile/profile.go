// Package profile judges the files that profiling leaves: whether a profile or an
// execution trace is whole, how long sampling was interrupted by a restart, and
// what differs between a profile before and one after it.
package profile

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	pprof "github.com/google/pprof/profile"
)

// Limits of a profile. Decoding takes up to 300 bytes for a label of two, and 18 for
// a packed number of one: together they keep a hostile file below a gigabyte.
// Profiles of large services have some 10 MB and 100,000 samples.
const (
	maxCompressed = 64 << 20 // bytes
	maxPlain      = 32 << 20 // bytes
	maxMessages   = 2 << 20  // samples, locations, functions, strings, and what is in them
	maxNumbers    = 8 << 20  // locations and values of all samples
)

// What can be wrong with a profile; Read wraps one of these.
var (
	ErrEmpty     = errors.New("empty file: the profile was never stopped")
	ErrTruncated = errors.New("the file is cut short")
	ErrFormat    = errors.New("not a profile of runtime/pprof")
	ErrTooLarge  = errors.New("the profile is too large")
)

// Read reads a profile as runtime/pprof writes it: a compressed protocol buffer
// (runtime/pprof/proto.go), or one that was decompressed since. The whole of it is
// written when the profile is stopped, so that one that was not stopped is empty. A
// profile without samples is valid.
func Read(r io.Reader) (p *pprof.Profile, err error) {
	defer contain(&err)
	data, err := io.ReadAll(io.LimitReader(r, maxCompressed+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) == 0:
		return nil, ErrEmpty
	case len(data) > maxCompressed:
		return nil, fmt.Errorf("%w: more than %d MB", ErrTooLarge, maxCompressed>>20)
	case other(data) != "":
		return nil, fmt.Errorf("%w: %s", ErrFormat, other(data))
	}
	plain, err := decompress(data)
	if err != nil {
		return nil, err
	}
	if err := checkMessages(plain); err != nil {
		return nil, err
	}
	// ParseData would try the text formats of other profilers as well.
	p, err = pprof.ParseUncompressed(plain)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if len(p.SampleType) == 0 {
		return nil, fmt.Errorf("%w: it has no sample types", ErrFormat)
	}
	if err := p.CheckValid(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return p, nil
}

// contain turns a panic of a parser into an error.
func contain(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("damaged file: %v", p)
	}
}

// textForm is how runtime/pprof begins what is asked for with debug=1 and 2
// (runtime/pprof/pprof.go: printCountProfile, writeHeapInternal, writeProfileInternal,
// runtime.Stack).
var textForm = regexp.MustCompile(`^(\w+ profile: |--- \w+:\n|goroutine \d+ \[)`)

// other says what it is that is often taken for a profile, empty when that is not known.
func other(data []byte) string {
	start := data[:min(len(data), 64)]
	switch {
	case bytes.HasPrefix(start, []byte("go 1.")) && bytes.Contains(start, []byte(" trace")):
		return "it is an execution trace"
	case textForm.Match(start):
		return "it is the text form, of debug=1 or 2; without debug it is a profile"
	case bytes.HasPrefix(bytes.TrimSpace(start), []byte("<")):
		return "it is a web page or other markup"
	}
	return ""
}

// decompress returns what is in a gzip file, and any other as it is.
func decompress(data []byte) ([]byte, error) {
	if !bytes.HasPrefix(data, []byte{0x1f, 0x8b}[:min(len(data), 2)]) {
		if len(data) > maxPlain {
			return nil, fmt.Errorf("%w: more than %d MB", ErrTooLarge, maxPlain>>20)
		}
		return data, nil
	}
	gz, err := gzip.NewReader(bytes.NewReader(data))
	var plain []byte
	if err == nil {
		plain, err = io.ReadAll(io.LimitReader(gz, maxPlain+1))
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return nil, ErrTruncated
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	case len(plain) > maxPlain:
		return nil, fmt.Errorf("%w: more than %d MB uncompressed", ErrTooLarge, maxPlain>>20)
	}
	return plain, nil
}

// Fields of the message Profile that can hold much in little
// (github.com/google/pprof/proto/profile.proto).
const (
	fieldSample   = 2
	fieldLocation = 4
	fieldComment  = 13

	fieldValue = 2 // of a sample; 1 are its locations
)

// checkMessages counts what the parser makes objects of before it does: fields, the
// fields of samples and locations, and comments, of which each byte can be one.
func checkMessages(data []byte) error {
	n, packed := 0, 0
	var nested error
	err := eachField(data, func(number uint64, payload []byte) {
		n++
		switch number {
		case fieldSample, fieldLocation:
			if nested == nil {
				nested = eachField(payload, func(inner uint64, list []byte) {
					n++
					if number == fieldSample && inner <= fieldValue {
						packed += numbers(list)
					}
				})
			}
		case fieldComment:
			n += len(payload)
		}
	})
	switch {
	case n > maxMessages:
		return fmt.Errorf("%w: more than %d messages", ErrTooLarge, maxMessages)
	case packed > maxNumbers:
		return fmt.Errorf("%w: more than %d locations and values", ErrTooLarge, maxNumbers)
	}
	return errors.Join(err, nested)
}

// numbers counts the packed numbers of a list: the last byte of each has no high bit.
func numbers(list []byte) (n int) {
	for _, b := range list {
		if b < 0x80 {
			n++
		}
	}
	return n
}

// eachField walks the fields of one message (protobuf.dev, "Encoding"). The payload
// is that of fields with a length.
func eachField(data []byte, visit func(number uint64, payload []byte)) error {
	errCut := fmt.Errorf("%w: damaged protocol buffer", ErrFormat)
	for len(data) > 0 {
		tag, size := binary.Uvarint(data)
		if size <= 0 {
			return errCut
		}
		data = data[size:]
		skip := 0
		var payload []byte
		switch tag & 7 {
		case 0:
			_, skip = binary.Uvarint(data)
		case 1:
			skip = 8
		case 2:
			length, size := binary.Uvarint(data)
			if size <= 0 || length > uint64(len(data)-size) {
				return errCut
			}
			skip = size + int(length)
			payload = data[size:skip]
		case 5:
			skip = 4
		}
		if skip <= 0 || skip > len(data) {
			return errCut
		}
		data = data[skip:]
		visit(tag>>3, payload)
	}
	return nil
}

// Info is what a profile says of itself.
type Info struct {
	CPU      bool // it has a sample type "cpu"
	Samples  int  // different stacks; 0 when nothing was caught
	Start    time.Time
	Duration time.Duration // 0 in profiles of a state, such as the heap
	Period   int64         // between samples, in units of PeriodType
	Unit     string        // of Period: "nanoseconds" for CPU profiles
}

// Describe returns what a profile says of itself.
func Describe(p *pprof.Profile) Info {
	info := Info{
		Samples:  len(p.Sample),
		Duration: time.Duration(p.DurationNanos),
		Period:   p.Period,
	}
	if p.TimeNanos != 0 {
		info.Start = time.Unix(0, p.TimeNanos)
	}
	if p.PeriodType != nil {
		info.Unit = p.PeriodType.Unit
	}
	for _, t := range p.SampleType {
		info.CPU = info.CPU || t.Type == "cpu"
	}
	return info
}
