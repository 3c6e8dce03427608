package text

import "golang.org/x/net/html/atom"

// A shape is how an element stands in the text around it.
type shape uint8

const (
	inline shape = iota // goes on in the line
	block               // stands on lines of its own
	box                 // stands in the line as a thing of its own, so that words end there
)

// shapeOf returns the shape of an element without a style (HTML 15.3, "Flow content", and
// 15.4, "Replaced elements").
func shapeOf(tag atom.Atom) shape {
	switch tag {
	case atom.P, atom.Div, atom.Tr, atom.Li, atom.Ul, atom.Ol, atom.Table, atom.H1, atom.H2,
		atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Pre, atom.Hr, atom.Center,
		atom.Section, atom.Article, atom.Header, atom.Footer, atom.Address, atom.Dl, atom.Dt,
		atom.Dd, atom.Fieldset, atom.Form, atom.Body, atom.Caption, atom.Option,
		atom.Aside, atom.Main, atom.Nav, atom.Details, atom.Summary, atom.Figure,
		atom.Figcaption, atom.Dialog, atom.Hgroup, atom.Legend, atom.Listing, atom.Plaintext,
		atom.Xmp, atom.Dir, atom.Menu, atom.Optgroup, atom.Frameset, atom.Frame, atom.Marquee,
		atom.Tbody, atom.Thead, atom.Tfoot, atom.Noframes, atom.Html, atom.Search:
		return block
	case atom.Td, atom.Th, atom.Img, atom.Button, atom.Input, atom.Select, atom.Textarea,
		atom.Object, atom.Iframe, atom.Embed, atom.Video, atom.Audio, atom.Canvas, atom.Svg,
		atom.Meter, atom.Progress, atom.Rt, atom.Rp, atom.Map, atom.Applet, atom.Math:
		return box
	}
	return inline
}

// isSkipped says whether the content of an element is not text of the page.
func isSkipped(tag atom.Atom) bool {
	switch tag {
	case atom.Script, atom.Style, atom.Title, atom.Template, tagXML:
		return true
	}
	return false
}

// isPre says whether blanks in an element count.
func isPre(tag atom.Atom) bool {
	switch tag {
	case atom.Pre, atom.Textarea, atom.Xmp, atom.Listing, atom.Plaintext:
		return true
	}
	return false
}

func isVoid(tag atom.Atom) bool {
	switch tag {
	case atom.Br, atom.Img, atom.Hr, atom.Meta, atom.Link, atom.Input, atom.Base, atom.Area,
		atom.Col, atom.Embed, atom.Source, atom.Track, atom.Wbr, atom.Param, atom.Frame,
		atom.Basefont, atom.Bgsound, atom.Keygen:
		return true
	}
	return false
}

func closesItself(tag atom.Atom) bool {
	return tag == atom.P || tag == atom.Li || tag == atom.Td || tag == atom.Tr ||
		tag == atom.Dd || tag == atom.Dt || tag == atom.Option
}
