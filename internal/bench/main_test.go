package bench

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	gomilter "github.com/emersion/go-milter"
)

// asNoop makes this program a milter that does nothing, with these protocol flags, on the
// socket of atNetwork and atAddress.
const (
	asNoop    = "BENCH_NOOP"
	atNetwork = "BENCH_NETWORK"
	atAddress = "BENCH_ADDRESS"
)

// silent are the flags of a milter that answers nothing of header and body.
const silent = gomilter.OptNoHeaderReply | gomilter.OptNoEOHReply | gomilter.OptNoBodyReply

// program is the hisseki under test, built for the run.
var program string

func TestMain(m *testing.M) {
	if os.Getenv(asServe) != "" {
		if err := serveStore(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if os.Getenv(asThief) != "" {
		if err := beThief(); err != nil {
			fmt.Fprintln(os.Stderr, "thief:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if os.Getenv(asBrowser) != "" {
		if err := beBrowser(); err != nil {
			fmt.Fprintln(os.Stderr, "browser:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if os.Getenv(asStatic) != "" {
		if err := serveStatic(); err != nil {
			fmt.Fprintln(os.Stderr, "static:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	switch os.Getenv(asNoop) {
	case "answering":
		serveNoop(0, nil)
	case "silent":
		serveNoop(silent, nil)
	case "recording":
		r, err := newRecorder(filepath.Dir(os.Getenv(atAddress)))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		go r.run()
		serveNoop(silent, r)
	}
	os.Exit(runMain(m))
}

func runMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "hisseki")
	build := exec.Command("go", "build", "-o", program, "hisseki/cmd/hisseki")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build hisseki:", err)
		return 1
	}
	return m.Run()
}

// serveNoop serves until the process is killed, and prints where.
func serveNoop(protocol gomilter.OptProtocol, record *recorder) {
	ln, err := net.Listen(os.Getenv(atNetwork), os.Getenv(atAddress))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if ln.Addr().Network() == "unix" { // Postfix runs as another user
		if err := os.Chmod(ln.Addr().String(), 0o666); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	fmt.Println(ln.Addr())
	srv := gomilter.Server{Protocol: protocol, NewMilter: func() gomilter.Milter {
		return noop{silent: protocol != 0, record: record}
	}}
	fmt.Fprintln(os.Stderr, srv.Serve(ln))
	os.Exit(1)
}
