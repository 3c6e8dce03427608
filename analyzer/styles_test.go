package analyzer

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"unicode"
)

// The quick answers for Japanese are unicode's.
func TestLettersAndSpaces(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if isLetter(r) != unicode.IsLetter(r) {
			t.Fatalf("%U is a letter: %t", r, isLetter(r))
		}
		if unicode.IsSpace(r) && r > '\u3000' {
			t.Fatalf("%U is a space", r)
		}
	}
}

// A text's style is the same whatever texts came before, and few are remembered.
func TestStylesAreRemembered(t *testing.T) {
	var s styles
	text := func(n int) string {
		return fmt.Sprintf("拝啓 %d 様\n", n) + strings.Repeat(fmt.Sprintf("いつもお世話になっております%d。\n", n%3), 1+n%40) +
			"敬具\n"
	}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for n := range 200 {
				own := text((n / 7) % 23)
				if got, want := s.of(own), styleOf(own); !reflect.DeepEqual(got, want) {
					t.Errorf("%d, text %d: %+v, want %+v", w, n, got, want)
				}
			}
		})
	}
	wg.Wait()
	one := s.of(text(5))
	if s.of(strings.Clone(text(5))) != one {
		t.Error("the last text is not remembered")
	}
	for n := range lastStyles {
		s.of(text(100 + n))
	}
	if s.known(text(5)) != nil {
		t.Errorf("more than %d texts are remembered", lastStyles)
	}
	long := strings.Repeat("あ", maxStyleText)
	if first := s.of(long); s.of(long) == first {
		t.Error("a text of any length is remembered")
	}
}
