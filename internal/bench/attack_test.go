package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"encoding/base64"

	"hisseki/analyzer/content"
)

// asThief makes this program a thief who sends the worst mails to the milter of that address while
// its input says so. He is a process of his own: what he takes of the processors is shared out by
// the kernel, and his mails do not wait in one queue with those that are measured.
const asThief = "BENCH_THIEF"

// ofAccounts is how many accounts he has, among which his connections are shared out.
const ofAccounts = "BENCH_THIEF_ACCOUNTS"

// thief is such a process.
type thief struct {
	in  io.Writer
	out *bufio.Reader
}

// startThief starts a thief of so many accounts who stands still. He ends with this program.
func startThief(b *testing.B, p *process, accounts int) *thief {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), asThief+"="+p.addr, atNetwork+"="+p.net, ofAccounts+"="+strconv.Itoa(accounts))
	cmd.Stderr = os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		b.Fatal(err1, err2)
	}
	(&process{name: "thief", cmd: cmd}).start(b)
	t := &thief{in, bufio.NewReader(out)}
	if ready := t.ask(b, "ready"); ready != 0 {
		b.Fatal("the thief was not to begin yet")
	}
	return t
}

// ask tells the thief to go or to stop, and returns how many mails he has sent since he was asked
// last.
func (t *thief) ask(b *testing.B, what string) int {
	b.Helper()
	fmt.Fprintln(t.in, what)
	line, err := t.out.ReadString('\n')
	n, err2 := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || err2 != nil {
		b.Fatalf("the thief said %q: %v", line, err)
	}
	return n
}

// beThief is what a process of startThief does.
func beThief() error {
	accounts, err := strconv.Atoi(os.Getenv(ofAccounts))
	if err != nil {
		return err
	}
	list, err := worst()
	if err != nil {
		return err
	}
	of := func(account int) []letter {
		mine := slices.Clone(list)
		for i := range mine {
			mine[i].login = fmt.Sprintf("thief%d@example.org", account)
			mine[i].from, mine[i].client = mine[i].login, fmt.Sprintf("203.0.113.%d", 1+account%250)
		}
		return mine
	}
	to := &process{net: os.Getenv(atNetwork), addr: os.Getenv(asThief)}
	var over atomic.Bool
	var sent, next atomic.Int64
	var wg sync.WaitGroup
	failed := make(chan error, flooders)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		switch in.Text() {
		case "go":
			over.Store(false)
			for i := range flooders {
				list := of(i % accounts)
				wg.Go(func() {
					_, err := sendWhile(to, func() bool { return !over.Load() && sent.Add(1) > 0 }, 0,
						list, &next)
					if err != nil {
						failed <- err
					}
				})
			}
		case "stop":
			over.Store(true)
			wg.Wait()
		}
		select {
		case err := <-failed:
			return err
		default:
		}
		fmt.Println(sent.Swap(0))
	}
	return nil
}

// worst are mails of one account that are made to be read and recorded for long, to as many people as
// Postfix takes (smtpd_recipient_limit): pages of nothing but links, and pictures whose every pixel
// has to be looked at, in turn.
func worst() ([]letter, error) {
	var page strings.Builder
	for i := 0; page.Len() < floodBytes; i++ {
		fmt.Fprintf(&page, "<a href=\"http://h%d.lure%d.test/%d\">x</a>\r\n", i, i%5000, i)
	}
	links := evil("text/html; charset=utf-8", "8bit", page.String())
	text, err := noise(1000, 1000)
	if err != nil {
		return nil, err
	}
	picture := evil("image/png", "base64", text)
	return []letter{links, picture, links, links}, nil
}

func evil(kind, encoding, body string) letter {
	l := letter{login: "thief@example.org", from: "thief@example.org", client: "203.0.113.77"}
	l.source = content.Source{Body: []byte(body), BodySize: int64(len(body)), Header: []content.Field{
		{Name: "From", Value: " thief@example.org"}, {Name: "To", Value: " r0@partner0.test"},
		{Name: "Subject", Value: " offer"}, {Name: "MIME-Version", Value: " 1.0"},
		{Name: "Content-Type", Value: " " + kind},
		{Name: "Content-Transfer-Encoding", Value: " " + encoding}}}
	for i := range 1000 {
		l.rcpt = append(l.rcpt, fmt.Sprintf("r%d@partner%d.test", i, i%300))
	}
	return l
}

// noise returns a picture of black and white points, which looks like codes everywhere, in base64.
func noise(width, height int) (string, error) {
	r := rand.New(rand.NewPCG(1, 2))
	img := image.NewGray(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = color.Gray{Y: uint8(r.IntN(2)) * 255}.Y
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		return "", err
	}
	text := base64.StdEncoding.EncodeToString(buf.Bytes())
	var out strings.Builder
	for len(text) > 76 {
		out.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	return out.String() + text + "\r\n", nil
}
