// Package content reads what one mail shows: its header, its visible text, the
// author's own words, URLs and attachments. Mail is hostile: every parse is
// bounded in depth, parts, bytes and time, and nothing that goes wrong ends in an
// error. What could be read is kept, and what was wrong is said as a Defect.
//
// The package knows nothing of senders, baselines or verdicts.
package content

import (
	"net/netip"
	"time"
)

// Field is one header field as the client wrote it: Name in its own spelling,
// Value raw (folded lines joined by "\n", encoded-words not decoded).
type Field struct {
	Name  string
	Value string
}

// Source is a mail before parsing. Header is in the order of the wire. Body has
// CRLF or LF line ends and may be cut: BodySize then exceeds len(Body).
type Source struct {
	Header        []Field
	HeaderDropped int // fields that did not fit the receiver's cap
	Body          []byte
	BodySize      int64 // bytes on the wire, before any cap
}

// Limits bounds a parse. The zero value of a field means its default.
type Limits struct {
	Depth     int           // nesting of multiparts and attached messages
	Parts     int           // parts read in all
	PartBytes int           // decoded bytes kept of one part
	TextBytes int           // bytes of text kept in all
	URLs      int           // URLs kept
	Budget    time.Duration // wall clock for the whole parse
	Now       func() time.Time
}

// Content is what a mail shows. It holds text and must not outlive the
// judgement; baseline.Observation is what may be kept.
type Content struct {
	Subject    string // decoded, one line
	From       []Address
	Sender     []Address
	ReplyTo    []Address
	To         []Address // To and Cc
	Date       time.Time // zero when absent or unreadable
	Zone       string    // as written, such as "+0900"; "" when absent
	MessageID  string    // without angle brackets
	InReplyTo  []string
	References []string
	Mailer     string   // X-Mailer or User-Agent, decoded
	Names      []string // header names as written, in order

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
	MailLinks   []string // addresses that HTML mailto links write to, at most 20
	Attachments []Attachment
	Defects     []Defect
}

// Address is one mailbox of a header. Addr is lower case; "" when only a name was
// readable.
type Address struct {
	Name string
	Addr string
}

// Where says where in the mail a URL stood.
type Where string

// Places of a URL.
const (
	InText    Where = "text"
	InHref    Where = "href"
	InSrc     Where = "src" // an image or frame: loaded, not followed
	InForm    Where = "form"
	InRefresh Where = "refresh"
	InRaw     Where = "raw" // found by scanning a broken body
)

// URL is one URL, once per distinct Raw and Where. Quoted tells only where it stands:
// a sender can put anything below a line that looks like an old mail's header, so
// that it is a hint in an answer to a known mail and no excuse elsewhere.
type URL struct {
	Raw       string     // as a reader's mail program would open it
	Scheme    string     // "http", "https", "ftp" ...
	Host      string     // lower case, ASCII (punycode); "" when there is none
	Unicode   string     // Host with its labels decoded
	Domain    string     // registrable domain by the public suffix list; Host for an IP address
	Path      string     // escaped path with query, "" or starting with "/"
	IP        netip.Addr // valid when the host is an IP address, however written
	Where     Where
	Quoted    bool   // stands in quoted or forwarded text, not in the author's own
	InFile    bool   // stands in an attached file (HTML page, shortcut, calendar) only
	Shown     string // registrable domain that a link's text shows, when it is a URL or host
	Mismatch  bool   // Shown is another registrable domain than Domain
	UserInfo  bool   // has a user part before the host
	Defanged  bool   // was written hxxp or [.]
	Mixed     bool   // a label of the host mixes scripts
	LooksLike string // Skeleton of a host beyond ASCII, when that is ASCII
}

// Attachment is one part that a mail program offers as a file.
type Attachment struct {
	Name    string // decoded file name, "" when absent
	Claimed string // media type as labelled, lower case
	Sniffed string // media type by content
	Kind    Kind
	Size    int      // decoded bytes seen (bounded by Limits.PartBytes)
	Cut     bool     // the part went on beyond what was read
	SHA256  [32]byte // of the decoded bytes seen
	Inline  bool
}

// Kind is what an attachment is to the person who opens it.
type Kind string

// Kinds of attachment, the riskier ones first.
const (
	Executable Kind = "executable" // programs and scripts
	DiskImage  Kind = "disk-image"
	Shortcut   Kind = "shortcut" // .lnk, .url and the like
	Macro      Kind = "macro"    // office document with macros
	HTMLFile   Kind = "html"
	Archive    Kind = "archive"
	Encrypted  Kind = "encrypted-archive"
	Message    Kind = "message" // message/rfc822
	Calendar   Kind = "calendar"
	Document   Kind = "document"
	Picture    Kind = "picture"
	SignedBy   Kind = "signature" // a detached signature of OpenPGP or S/MIME
	TextFile   Kind = "text"
	OtherFile  Kind = "other"
)

// Defect is something wrong with the mail's form. Code is stable and machine
// readable; Detail is a short phrase for people without mail text in it.
type Defect struct {
	Code   string
	Detail string
}

// Codes of defects.
const (
	DefectDepth      = "too-deep"
	DefectParts      = "too-many-parts"
	DefectSize       = "part-cut"
	DefectTime       = "out-of-time"
	DefectURLs       = "too-many-urls"
	DefectBoundary   = "broken-multipart"   // no boundary, or two
	DefectUnclosed   = "unclosed-multipart" // final boundary missing, as in mail cut short
	DefectPartHeader = "broken-part-header"
	DefectEncoding   = "broken-encoding"
	DefectCharset    = "unknown-charset"
	DefectLabel      = "wrong-charset" // the label does not fit the text
	DefectHeader     = "broken-header"
	DefectAddress    = "broken-address"
	DefectDuplicate  = "duplicate-header"
	DefectCut        = "body-cut"
	DefectNUL        = "nul-bytes"
)
