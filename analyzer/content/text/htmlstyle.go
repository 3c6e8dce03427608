package text

import (
	"bytes"
	"strconv"
	"strings"

	"golang.org/x/net/html/atom"
)

// Colours as 0xRRGGBB; noColour is unset or not understood.
const (
	black    uint32 = 0x000000
	white    uint32 = 0xffffff
	linkBlue uint32 = 0x0000ee // what links have unless told otherwise
	noColour uint32 = 0xffffffff
)

// paint works out whether an element can be seen, from its style and its
// stylesheet classes.
func (r *htmlReader) paint(e *element, tag atom.Atom, a *attrs) {
	if a.hidden {
		e.hidden = true
	}
	if a.ground != "" {
		if c := colour(a.ground); c != noColour {
			e.ground = c
		}
	}
	if a.color != "" && tag == atom.Font {
		if c := colour(a.color); c != noColour {
			e.ink = c
		}
	}
	if tag == atom.A && a.href != "" {
		e.ink = linkBlue
	}
	if r.sheet.hides(a) {
		e.hidden = true
	}
	if a.style != "" {
		e.apply(a.style)
	}
	if e.skip {
		e.hidden = false
	}
}

// apply reads the declarations of a style attribute.
func (e *element) apply(style string) {
	tiny := 0 // declarations that together hide: no height and no overflow
	for _, decl := range strings.SplitN(style, ";", 60) {
		name, value, ok := strings.Cut(decl, ":")
		if !ok {
			continue
		}
		name = strings.ToLower(strings.TrimSpace(name))
		value = strings.ToLower(strings.TrimSpace(value))
		value = strings.TrimSpace(strings.TrimSuffix(value, "!important"))
		switch name {
		case "display":
			e.hidden = e.hidden || value == "none"
		case "visibility":
			e.hidden = e.hidden || value == "hidden" || value == "collapse"
		case "mso-hide":
			e.hidden = e.hidden || value == "all"
		case "opacity":
			e.hidden = e.hidden || size(value) == 0
		case "font-size":
			if n := size(value); n >= 0 && n < 1.5 && !strings.HasSuffix(value, "em") || n == 0 {
				e.hidden = true
			}
		case "max-height", "height", "width", "max-width":
			if size(value) == 0 {
				tiny++
			}
		case "overflow":
			if value == "hidden" {
				tiny += 10
			}
		case "text-indent", "left", "top", "margin-left":
			if n := size(value); n <= -900 {
				e.hidden = true
			}
		case "color":
			if value == "transparent" {
				e.hidden = true
			} else if c := colour(value); c != noColour {
				e.ink = c
			}
		case "background-color", "background":
			first, _, _ := strings.Cut(value, " ")
			if c := colour(first); c != noColour {
				e.ground = c
			} else if strings.Contains(value, "url(") || strings.Contains(value, "gradient") {
				e.ground = noColour // a picture: no telling
			}
		}
	}
	if tiny > 10 {
		e.hidden = true
	}
}

// size reads the number of a CSS length, -1 when there is none. Negative lengths
// below -1 are returned as they are.
func size(value string) float64 {
	end := 0
	for end < len(value) && strings.IndexByte("+-.0123456789", value[end]) >= 0 {
		end++
	}
	n, err := strconv.ParseFloat(value[:end], 64)
	if err != nil {
		return -1
	}
	if n > -1 && n < 0 {
		return 0
	}
	return n
}

// colour reads a CSS or HTML colour.
func colour(value string) uint32 {
	value = strings.ToLower(strings.TrimSpace(value))
	switch value {
	case "white":
		return white
	case "black":
		return black
	case "red":
		return 0xff0000
	case "yellow":
		return 0xffff00
	case "blue":
		return 0x0000ff
	case "green":
		return 0x008000
	case "gray", "grey":
		return 0x808080
	}
	if strings.HasPrefix(value, "rgb(") || strings.HasPrefix(value, "rgba(") {
		inner := strings.TrimSuffix(value[strings.IndexByte(value, '(')+1:], ")")
		parts := strings.Split(inner, ",")
		if len(parts) < 3 || len(parts) == 4 && size(strings.TrimSpace(parts[3])) == 0 {
			return noColour
		}
		var c uint32
		for _, p := range parts[:3] {
			n := size(strings.TrimSpace(p))
			if n < 0 || n > 255 {
				return noColour
			}
			c = c<<8 | uint32(n)
		}
		return c
	}
	hex := strings.TrimPrefix(value, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	if len(hex) != 6 {
		return noColour
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		return noColour
	}
	return uint32(n)
}

// sheet knows the classes and ids that the page's own stylesheet hides. Only plain
// ".class" and "#id" selectors count; rules inside @media do not.
type sheet struct {
	hidden map[string]bool
}

// maxSheet bounds the bytes read of a stylesheet.
const maxSheet = 64 << 10

func (s *sheet) read(b []byte) {
	b = b[:min(len(b), maxSheet)]
	if !bytes.Contains(b, []byte("none")) && !bytes.Contains(b, []byte("hidden")) &&
		!bytes.Contains(b, []byte("font-size")) {
		return
	}
	depth := 0
	selector := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '{':
			if depth == 0 && bytes.IndexByte(b[selector:i], '@') < 0 {
				end := bytes.IndexByte(b[i:], '}')
				if end < 0 {
					return
				}
				s.rule(string(b[selector:i]), string(b[i+1:i+end]))
				i += end
				selector = i + 1
				continue
			}
			depth++
		case '}':
			if depth > 0 {
				depth--
			}
			selector = i + 1
		case ';':
			if depth == 0 {
				selector = i + 1 // @import and the like
			}
		}
	}
}

func (s *sheet) rule(selectors, body string) {
	e := element{ink: black, ground: white}
	e.apply(body)
	if !e.hidden {
		return
	}
	for _, sel := range strings.SplitN(selectors, ",", 100) {
		sel = strings.TrimSpace(sel)
		i := strings.IndexAny(sel, ".#")
		if i < 0 || strings.ContainsAny(sel, " >+~:[") || len(s.hidden) > 1000 {
			continue
		}
		if s.hidden == nil {
			s.hidden = make(map[string]bool)
		}
		s.hidden[sel[i:]] = true
	}
}

// hides tells whether the stylesheet hides an element.
func (s *sheet) hides(a *attrs) bool {
	if len(s.hidden) == 0 {
		return false
	}
	if a.id != "" && s.hidden["#"+a.id] {
		return true
	}
	for _, c := range strings.Fields(a.class) {
		if s.hidden["."+c] {
			return true
		}
	}
	return false
}
