package config

import (
	"fmt"
	"io/fs"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"hisseki/analyzer"
)

const (
	second = time.Second
	minute = time.Minute
	day    = 24 * time.Hour
)

// Mode is "observe" or "enforce".
type Mode analyzer.Mode

// Failure is what happens to a mail that could not be judged: "pass", "hold" or
// "tempfail" (451, the client tries again).
type Failure string

// Format is "text" or "json".
type Format string

// Level is "debug", "info", "warn" or "error".
type Level string

// Address is "inet:HOST:PORT", "unix:PATH" or "systemd" (the socket that systemd
// handed over).
type Address struct {
	Network string // "tcp", "unix" or "systemd"
	Name    string
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Address) UnmarshalText(text []byte) error {
	kind, rest, _ := strings.Cut(string(text), ":")
	switch {
	case string(text) == "systemd":
		*a = Address{Network: "systemd"}
	case kind == "unix" && rest != "":
		*a = Address{Network: "unix", Name: rest}
	case kind == "inet" && strings.Contains(rest, ":"):
		port := rest[strings.LastIndexByte(rest, ':')+1:]
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n > math.MaxUint16 {
			return fmt.Errorf("%q is not a port from 0 to 65535", port)
		}
		*a = Address{Network: "tcp", Name: rest}
	default:
		return fmt.Errorf("%q is not inet:HOST:PORT, unix:PATH or systemd", text)
	}
	return nil
}

// String returns the address as it is written in the file and in Postfix's main.cf.
func (a Address) String() string {
	switch a.Network {
	case "systemd":
		return "systemd"
	case "tcp":
		return "inet:" + a.Name
	}
	return a.Network + ":" + a.Name
}

// FileMode is the permission of a socket, octal, such as "0660".
type FileMode fs.FileMode

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *FileMode) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 8, 32)
	if err != nil || n > 0o777 {
		return fmt.Errorf("%q is not an octal file mode such as \"0660\"", text)
	}
	*m = FileMode(n)
	return nil
}

// Duration is a time.Duration that also knows days ("21d").
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := ParseDuration(string(text))
	if err != nil {
		return err
	}
	*d = Duration(v)
	return nil
}

// maxDuration keeps sums with a time inside what a time can hold.
const maxDuration = 100 * 366 * day

// ParseDuration reads "90s", "10m", "4h" or "21d", from nothing to a hundred years.
func ParseDuration(s string) (time.Duration, error) {
	bad := fmt.Errorf("%q is not a time span such as \"5s\", \"10m\", \"4h\" or \"21d\"", s)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil || time.Duration(n)*day > maxDuration {
			return 0, bad
		}
		return time.Duration(n) * day, nil
	}
	v, err := time.ParseDuration(s)
	if err != nil || v < 0 || v > maxDuration {
		return 0, bad
	}
	return v, nil
}

// Size is a number of bytes: 4096, or "64KiB", "10MiB".
type Size int64

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Size) UnmarshalText(text []byte) error {
	number, unit := string(text), int64(1)
	for suffix, u := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20} {
		if cut, ok := strings.CutSuffix(number, suffix); ok {
			number, unit = strings.TrimSpace(cut), u
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > (1<<30)/unit {
		return fmt.Errorf("%q is not a size up to 1024MiB such as 4096, \"64KiB\" or \"10MiB\"", text)
	}
	*s = Size(n * unit)
	return nil
}

// Count is a number of things.
type Count int

// Points are factors of ten.
type Points float64

// Share is a part of all mail, written "1/10000".
type Share float64

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Share) UnmarshalText(text []byte) error {
	over, under, ok := strings.Cut(string(text), "/")
	a, errA := strconv.ParseFloat(strings.TrimSpace(over), 64)
	b, errB := strconv.ParseFloat(strings.TrimSpace(under), 64)
	if v := a / b; ok && errA == nil && errB == nil && v > 0 && v <= 0.5 {
		*s = Share(v)
		return nil
	}
	return fmt.Errorf("%q is not a share of all mail such as \"1/10000\" (at most 1/2)", text)
}

// Network is an address or a prefix.
type Network netip.Prefix

// UnmarshalText implements encoding.TextUnmarshaler.
func (n *Network) UnmarshalText(text []byte) error {
	if addr, err := netip.ParseAddr(string(text)); err == nil && addr.Zone() == "" {
		*n = Network(netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()))
		return nil
	}
	p, err := netip.ParsePrefix(string(text))
	if err != nil {
		return fmt.Errorf("%q is not an address or a network such as \"192.0.2.0/24\"", text)
	}
	*n = Network(p.Masked())
	return nil
}
