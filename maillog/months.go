package maillog

import (
	"fmt"
	"strings"
	"time"
)

// monthNames are the short names of months in the locales of glibc, one language a line:
// journalctl prints the machine's.
const monthNames = `
jan feb mär apr mai jun jul aug sep okt nov dez
janv févr mars avril mai juin juil août sept oct nov déc
ene feb mar abr may jun jul ago sep oct nov dic
gen feb mar apr mag giu lug ago set ott nov dic
jan fev mar abr mai jun jul ago set out nov dez
jan feb mrt apr mei jun jul aug sep okt nov dec
jan feb mar apr maj jun jul aug sep okt nov dec
jan feb mars april mai juni juli aug sep okt nov des
tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu
sty lut mar kwi maj cze lip sie wrz paź lis gru
led úno bře dub kvě čen čec srp zář říj lis pro
янв фев мар апр мая июн июл авг сен окт ноя дек
січ лют бер кві тра чер лип сер вер жов лис гру
oca şub mar nis may haz tem ağu eyl eki kas ara
jan febr márc ápr máj jún júl aug szept okt nov dec
ian feb mar apr mai iun iul aug sep oct nov dec
`

// months are the names, in lower case and without a dot.
var months = func() map[string]time.Month {
	all := make(map[string]time.Month)
	for line := range strings.Lines(monthNames) {
		for i, name := range strings.Fields(line) {
			all[name] = time.Month(i + 1)
		}
	}
	for m := time.January; m <= time.December; m++ {
		all[fmt.Sprintf("%d月", m)], all[fmt.Sprintf("%d월", m)] = m, m
	}
	return all
}()
