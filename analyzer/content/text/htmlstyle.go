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
	if len(r.sheet.rules) > 0 {
		r.sheet.paint(e, tag, a)
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
	boxed := 0 // declarations that together hide: no height and no overflow
	for _, decl := range strings.SplitN(style, ";", 60) {
		name, value, ok := strings.Cut(decl, ":")
		if !ok {
			continue
		}
		name = strings.ToLower(strings.TrimSpace(name))
		value = strings.ToLower(strings.TrimSpace(value))
		value = strings.TrimSpace(strings.TrimSuffix(value, "!important"))
		if set := declarations[name]; set != nil {
			set(e, value)
			continue
		}
		boxed += tiny(name, value)
	}
	if boxed > 10 {
		e.hidden = true
	}
}

// tiny weighs a declaration that hides only together with others.
func tiny(name, value string) int {
	switch name {
	case "max-height", "height", "width", "max-width":
		if size(value) == 0 {
			return 1
		}
	case "overflow":
		if value == "hidden" {
			return 10
		}
	}
	return 0
}

// declarations are what of a style changes whether and where an element is seen.
var declarations = map[string]func(e *element, value string){
	"display":          (*element).display,
	"color":            (*element).setInk,
	"background":       (*element).setGround,
	"background-color": (*element).setGround,
	"text-indent":      (*element).moveAway,
	"left":             (*element).moveAway,
	"top":              (*element).moveAway,
	"margin-left": func(e *element, value string) {
		e.moveAway(value)
		e.apart(value)
	},
	"float":         func(e *element, value string) { e.boxIf(value == "left" || value == "right") },
	"margin":        (*element).apart,
	"margin-right":  (*element).apart,
	"padding":       (*element).apart,
	"padding-left":  (*element).apart,
	"padding-right": (*element).apart,
	"position":      func(e *element, value string) { e.boxIf(value == "absolute" || value == "fixed") },
	"unicode-bidi":  func(e *element, value string) { e.turned = e.turned || strings.Contains(value, "override") },
	"visibility":    func(e *element, value string) { e.hideIf(value == "hidden" || value == "collapse") },
	"mso-hide":      func(e *element, value string) { e.hideIf(value == "all") },
	"opacity":       func(e *element, value string) { e.hideIf(size(value) == 0) },
	"font-size": func(e *element, value string) {
		n := size(value)
		e.hideIf(n >= 0 && n < 1.5 && !strings.HasSuffix(value, "em") || n == 0)
	},
}

func (e *element) hideIf(so bool) { e.hidden = e.hidden || so }

func (e *element) boxIf(so bool) {
	if so {
		e.shape = box
	}
}

// apart parts an element in a line from the words beside it: "margin: 0 1em".
func (e *element) apart(value string) {
	if e.shape != inline {
		return
	}
	all := strings.Fields(value)
	if len(all) == 0 {
		return
	}
	left, right := all[min(1, len(all)-1)], all[min(1, len(all)-1)]
	if len(all) > 3 {
		left = all[3]
	}
	for _, side := range []string{left, right} {
		n := size(side)
		e.boxIf(n >= 3 || n > 0 && strings.HasSuffix(side, "em"))
	}
}

// moveAway hides what stands far outside the window: "left: -9999px".
func (e *element) moveAway(value string) { e.hideIf(size(value) <= -900) }

func (e *element) setInk(value string) {
	if value == "transparent" {
		e.hidden = true
	} else if c := colour(value); c != noColour {
		e.ink = c
	}
}

func (e *element) setGround(value string) {
	first, _, _ := strings.Cut(value, " ")
	if c := colour(first); c != noColour {
		e.ground = c
	} else if strings.Contains(value, "url(") || strings.Contains(value, "gradient") {
		e.ground = noColour // a picture: of any colour
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

// colourNames are the names met in mail.
var colourNames = map[string]uint32{
	"white": white, "black": black, "red": 0xff0000, "yellow": 0xffff00, "blue": 0x0000ff,
	"green": 0x008000, "gray": 0x808080, "grey": 0x808080,
}

// colour reads a CSS or HTML colour: "white", "#fff", "rgb(255, 255, 255)".
func colour(value string) uint32 {
	value = strings.ToLower(strings.TrimSpace(value))
	if c, ok := colourNames[value]; ok {
		return c
	}
	if strings.HasPrefix(value, "rgb(") || strings.HasPrefix(value, "rgba(") {
		return rgb(value)
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

// rgb reads "rgb(1, 2, 3)" and "rgba(1, 2, 3, 0.5)"; one that cannot be seen is not a colour.
func rgb(value string) uint32 {
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

// display takes the outer display type of an element (CSS Display section 2).
func (e *element) display(value string) {
	outer, _, _ := strings.Cut(value, " ")
	e.row = strings.HasSuffix(outer, "flex") || strings.HasSuffix(outer, "grid")
	switch outer {
	case "none":
		e.hidden = true
	case "inline", "contents":
		e.shape = inline
	case "block", "flex", "grid", "table", "flow-root", "list-item", "-webkit-box", "-webkit-flex",
		"table-row", "table-caption", "table-row-group":
		e.shape = block
	case "inline-block", "inline-flex", "inline-grid", "inline-table", "table-cell":
		e.shape = box
	}
}

// sheet knows what of elements by class, id and name the page's own stylesheet hides or
// puts on lines of their own. Only plain ".class", "#id" and "name" selectors hide. Others, and
// rules that count on some screens only (@media), may part words: of "div .a" the last counts.
type sheet struct {
	rules map[string]sheetRule
}

type sheetRule struct {
	hidden, shaped, row bool
	shape               shape
}

// maxSheet bounds the bytes read of a stylesheet.
const maxSheet = 64 << 10

func (s *sheet) read(b []byte) {
	b = b[:min(len(b), maxSheet)]
	if !bytes.Contains(b, []byte("none")) && !bytes.Contains(b, []byte("hidden")) &&
		!bytes.Contains(b, []byte("font-size")) && !bytes.Contains(b, []byte("display")) &&
		!bytes.Contains(b, []byte("margin")) && !bytes.Contains(b, []byte("padding")) {
		return
	}
	depth := 0
	selector := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '{':
			if bytes.IndexByte(b[selector:i], '@') < 0 {
				end := bytes.IndexByte(b[i:], '}')
				if end < 0 {
					return
				}
				s.rule(string(b[selector:i]), string(b[i+1:i+end]), depth > 0)
				i += end
				selector = i + 1
				continue
			}
			selector = i + 1 // of the first rule in "@media screen {"
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

// maxRules bounds the selectors kept of a page's stylesheets.
const maxRules = 1000

// unshaped stands for the shape that no declaration has given yet.
const unshaped shape = 0xff

func (s *sheet) rule(selectors, body string, some bool) {
	e := element{ink: black, ground: white, shape: unshaped}
	e.apply(body)
	if !e.hidden && e.shape == unshaped && !e.row {
		return
	}
	for _, sel := range strings.SplitN(selectors, ",", 100) {
		sel = strings.TrimSpace(sel)
		mine := e
		if some || strings.ContainsAny(sel, " >+~:[") {
			mine.hidden = false
			if mine.shape == inline {
				continue
			}
			sel = sel[strings.LastIndexAny(sel, " >+~")+1:]
		}
		i := strings.IndexAny(sel, ".#")
		if i < 0 && mine.hidden { // a reset of the whole page is seldom the last word on a name
			continue
		}
		if strings.ContainsAny(sel, ":[") || len(s.rules) > maxRules {
			continue
		}
		if s.rules == nil {
			s.rules = make(map[string]sheetRule)
		}
		key := strings.ToLower(sel)
		if i >= 0 {
			key = sel[i:]
		}
		old := s.rules[key]
		s.rules[key] = sheetRule{old.hidden || mine.hidden, old.shaped || mine.shape != unshaped,
			old.row || mine.row, shapeIn(mine.shape, old.shape)}
	}
}

// shapeIn is the later of two shapes that a stylesheet gives.
func shapeIn(now, before shape) shape {
	if now == unshaped {
		return before
	}
	return now
}

// paint applies the stylesheet to an element.
func (s *sheet) paint(e *element, tag atom.Atom, a *attrs) {
	s.apply(e, tag.String())
	for c := range strings.FieldsSeq(a.class) {
		s.apply(e, "."+c)
	}
	if a.id != "" {
		s.apply(e, "#"+a.id)
	}
}

func (s *sheet) apply(e *element, key string) {
	r, ok := s.rules[key]
	if !ok {
		return
	}
	e.hidden = e.hidden || r.hidden
	e.row = e.row || r.row
	if r.shaped {
		e.shape = r.shape
	}
}
