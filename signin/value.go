package signin

import (
	"encoding/json"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// object is a JSON object of a log.
type object map[string]any

// at walks down through objects; nil where there is none. A text that holds JSON is read, as
// Azure's exports write objects.
func (o object) at(path ...string) object {
	for _, key := range path {
		o = asObject(o[key])
	}
	return o
}

func asObject(v any) object {
	switch v := v.(type) {
	case map[string]any:
		return v
	case string:
		var inner map[string]any
		if strings.HasPrefix(v, "{") && json.Unmarshal([]byte(v), &inner) == nil {
			return inner
		}
	}
	return nil
}

// list returns the objects of an array, also of one in a text.
func (o object) list(key string) (out []object) {
	v := o[key]
	if text, ok := v.(string); ok && strings.HasPrefix(text, "[") {
		var inner []any
		if json.Unmarshal([]byte(text), &inner) == nil {
			v = inner
		}
	}
	items, _ := v.([]any)
	for _, item := range items {
		if x := asObject(item); x != nil {
			out = append(out, x)
		}
	}
	return out
}

// text returns the first of some values that is not empty, as text.
func (o object) text(keys ...string) string {
	for _, key := range keys {
		if s := textOf(o[key]); s != "" {
			return s
		}
	}
	return ""
}

func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// has says whether all keys are there.
func (o object) has(keys ...string) bool {
	for _, key := range keys {
		if _, ok := o[key]; !ok {
			return false
		}
	}
	return true
}

// named returns the values of a list of {"Name": ..., "Value": ...} by name in lower case; the
// first of a name counts.
func named(list []object, name, value string) map[string]string {
	out := make(map[string]string, len(list))
	for _, p := range list {
		key := strings.ToLower(p.text(name))
		if _, known := out[key]; !known && key != "" {
			out[key] = p.text(value)
		}
	}
	return out
}

// zones are the forms of times in JSON; a time without a zone is UTC.
var zones = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05.999999999-0700",
	"2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00", "1/2/2006 3:04:05 PM", "1/2/2006, 3:04:05 PM"}

// timeOf reads a time: text, or seconds or milliseconds since 1970.
func timeOf(v any) (time.Time, bool) {
	switch v := v.(type) {
	case float64:
		return unixTime(v)
	case string:
		v = strings.TrimSpace(v)
		for _, form := range zones {
			if t, err := time.Parse(form, v); err == nil {
				return sane(t.UTC())
			}
		}
		if n, err := strconv.ParseFloat(v, 64); err == nil {
			return unixTime(n)
		}
	}
	return time.Time{}, false
}

// unixTime takes numbers from 100 billion on as milliseconds: as seconds they would lie in the
// year 5138.
func unixTime(n float64) (time.Time, bool) {
	if n >= 1e11 {
		n /= 1000
	}
	if !(n > 0 && n < 1e11) {
		return time.Time{}, false
	}
	return sane(time.UnixMilli(int64(n * 1000)).UTC())
}

// sane refuses times that no log has.
func sane(t time.Time) (time.Time, bool) {
	ok := t.Year() >= 2000 && t.Year() < 2100
	if !ok {
		return time.Time{}, false
	}
	return t, true
}

// addrOf reads an address: 203.0.113.7, 203.0.113.7:51000, [2001:db8::7]:443, ::ffff:203.0.113.7.
func addrOf(s string) netip.Addr {
	s = strings.TrimSpace(s)
	if p, err := netip.ParseAddrPort(s); err == nil {
		return p.Addr().Unmap().WithZone("")
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

// join puts texts that are not empty together.
func join(sep string, parts ...string) string {
	var out []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, sep)
}

// domainOf returns the domain of an address in lower case.
func domainOf(address string) string {
	return strings.ToLower(strings.Trim(address[strings.LastIndexByte(address, '@')+1:], "<> "))
}

// outside says whether one of some addresses, in any text around them, is in another domain
// than the account.
func outside(account string, texts ...string) bool {
	own := domainOf(account)
	for _, text := range texts {
		for word := range strings.FieldsFuncSeq(text, func(r rune) bool {
			return strings.ContainsRune(" ,;[]()<>\"'", r)
		}) {
			word = strings.TrimPrefix(strings.ToLower(word), "smtp:")
			if i := strings.LastIndexByte(word, '@'); i > 0 && domainOf(word) != own {
				return true
			}
		}
	}
	return false
}
