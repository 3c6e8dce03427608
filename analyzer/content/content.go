// Package content reads what one mail shows: its header, its visible text, the
// author's own words, URLs and attachments. Mail is hostile: every parse is
// bounded in depth, parts, bytes and time, and nothing that goes wrong ends in an
// error. What could be read is kept, and what was wrong is said as a Defect.
//
// Three rooms do the reading and know nothing of each other but what stands below:
// content/mime the mail's parts, content/text the words in them, content/link where
// they lead. This package puts the three together, and nobody else imports them. None
// knows of senders, baselines or verdicts.
package content

import (
	"io"

	"hisseki/analyzer/content/link"
	"hisseki/analyzer/content/mime"
	"hisseki/analyzer/content/point"
)

// What the rooms call their own is spoken of by one name outside.
type (
	Field      = mime.Field
	Source     = mime.Source
	Limits     = mime.Limits
	Address    = mime.Address
	Attachment = mime.Attachment
	Kind       = mime.Kind
	Defect     = mime.Defect
	URL        = link.URL
	Where      = link.Where
	Pattern    = link.Pattern
	Watcher    = link.Watch
	Unread     = mime.Unread
	PointKind  = point.Kind
	Reason     = mime.Reason
)

// Kinds of attachment, the riskier ones first.
const (
	Executable = mime.Executable
	DiskImage  = mime.DiskImage
	Shortcut   = mime.Shortcut
	Macro      = mime.Macro
	HTMLFile   = mime.HTMLFile
	Archive    = mime.Archive
	Encrypted  = mime.Encrypted
	Message    = mime.Message
	Calendar   = mime.Calendar
	Document   = mime.Document
	Picture    = mime.Picture
	SignedBy   = mime.SignedBy
	TextFile   = mime.TextFile
	OtherFile  = mime.OtherFile
)

// Kinds of Point.
const (
	Phone     = point.Phone
	Handle    = point.Handle
	Account   = point.Account
	Wallet    = point.Wallet
	ToAddress = point.Address
)

// Places of a URL.
const (
	InText    = link.InText
	InHref    = link.InHref
	InSrc     = link.InSrc
	InForm    = link.InForm
	InRefresh = link.InRefresh
	InRaw     = link.InRaw
	InSubject = link.InSubject
	InCode    = link.InCode
)

// Reasons why something of a mail was not read.
const (
	UnreadSize      = mime.UnreadSize
	UnreadTime      = mime.UnreadTime
	UnreadNesting   = mime.UnreadNesting
	UnreadLinks     = mime.UnreadLinks
	UnreadEncrypted = mime.UnreadEncrypted
	UnreadEncoding  = mime.UnreadEncoding
)

// DefectCut is the code of a body that was longer than what was kept.
const DefectCut = mime.DefectCut

// ReadSource reads a whole mail, as in an .eml file, and keeps at most maxBody bytes
// of its body (0 or less: 64 MiB). The only errors are those of r.
func ReadSource(r io.Reader, maxBody int64) (Source, error) { return mime.ReadSource(r, maxBody) }

// ParsePattern reads "example.org", "192.0.2.7", "example.org/path" or a URL, also one
// that was made harmless ("hxxps://example[.]org").
func ParsePattern(text string) (Pattern, error) { return link.ParsePattern(text) }

// KeptPattern reads what Pattern.String wrote, whatever ParsePattern would say of it today.
func KeptPattern(text string) Pattern { return link.KeptPattern(text) }

// IsRead says whether fields of a name say anything about a mail here. Whoever has to
// drop fields keeps the first of these.
func IsRead(name string) bool { return mime.IsRead(name) }

// Skeleton returns what a host looks like to a hurried reader.
func Skeleton(host string) string { return link.Skeleton(host) }

// Content is what a mail shows. It holds text and must not outlive the
// judgement; baseline.Observation is what may be kept.
type Content struct {
	mime.Head

	Charset  string // label of the first text part, lower case; "" when absent
	Encoding string // transfer encoding of the first text part, lower case
	Type     string // media type of the top level, lower case
	HasPlain bool
	HasHTML  bool

	Text      string // all visible text, plain preferred over its HTML alternative
	Own       string // the author's own words: Text without quotes, forwards, signature, disclaimer
	Signature string // the signature block, "" when none was found
	Quoted    bool   // Text holds quoted text of an earlier mail
	Forwarded bool   // Text holds a forwarded mail
	Hidden    int    // characters of HTML text that a reader cannot see

	URLs        []URL
	MailLinks   []string // addresses that HTML mailto links write to, see maxMailLinks
	Points      []Point  // see maxPoints
	Attachments []Attachment
	Defects     []Defect
	Unread      []Unread // what was not read, each reason once
}
