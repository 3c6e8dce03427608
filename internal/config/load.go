package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Load reads a file over the defaults. Its errors name file, line and reason, one
// problem a line.
func Load(path string, defaults Config) (Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("reading the configuration: %w", err)
	}
	return Parse(path, text, defaults)
}

// Parse reads the text of a file over the defaults.
func Parse(path string, text []byte, defaults Config) (Config, error) {
	cfg := defaults
	if err := decode(text, &cfg); err != nil {
		return Config{}, explain(path, text, err)
	}
	if err := checkBare(text); err != nil {
		return Config{}, place(path, text, err)
	}
	if err := errors.Join(cfg.readHosts(), cfg.Check()); err != nil {
		return Config{}, place(path, text, err)
	}
	return cfg, nil
}

func decode(text []byte, cfg *Config) error {
	return toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(cfg)
}

// tableLine returns the line that begins a table, such as "[milter]"; 0 for none.
func tableLine(text []byte, table string) int {
	row := 0
	for line := range bytes.Lines(text) {
		row++
		head, _, _ := bytes.Cut(line, []byte("#"))
		if string(bytes.TrimSpace(head)) == "["+table+"]" {
			return row
		}
	}
	return 0
}

// explain turns the decoder's errors into "file:line: key: reason".
func explain(path string, text []byte, err error) error {
	var missing *toml.StrictMissingError
	if errors.As(err, &missing) {
		list := make([]error, 0, len(missing.Errors))
		for i := range missing.Errors {
			row, _ := missing.Errors[i].Position()
			list = append(list, fmt.Errorf("%s:%d: unknown key %q",
				path, row, strings.Join(missing.Errors[i].Key(), ".")))
		}
		return errors.Join(list...)
	}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		row, _ := bad.Position()
		reason := strings.TrimPrefix(bad.Error(), "toml: ")
		key := strings.Join(bad.Key(), ".")
		if first := tableLine(text, key); key != "" && first > 0 && first < row {
			reason = fmt.Sprintf("[%s] stands at line %d already: a table has one place in a file, write"+
				" its settings there", key, first)
		} else if key != "" {
			reason = key + ": " + reason
		}
		return fmt.Errorf("%s:%d: %s", path, row, reason)
	}
	// A number where a text type stands fails without a position: the line is the first
	// that brings the error about.
	lines := bytes.SplitAfter(text, []byte("\n"))
	for n, size := 0, 0; n < len(lines); n++ {
		size += len(lines[n])
		if e := decode(text[:size], new(Config)); e != nil && e.Error() == err.Error() {
			return fmt.Errorf("%s:%d: %w", path, n+1, err)
		}
	}
	return fmt.Errorf("%s: %w", path, err)
}
