package maildate

import "strings"

// months begin so in English, and in the languages whose programs write their own names
// ("23 Okt 2026", "23 févr. 2026"). No beginning means two months.
var months = map[string]int{
	"jan": 1, "ene": 1, "gen": 1, "feb": 2, "fév": 2, "fev": 2, "mar": 3, "mär": 3, "mrz": 3,
	"maa": 3, "mrt": 3, "apr": 4, "avr": 4, "abr": 4, "may": 5, "mai": 5, "mei": 5, "maj": 5,
	"mag": 5, "jun": 6, "juin": 6, "giu": 6, "jul": 7, "juil": 7, "lug": 7, "aug": 8, "aoû": 8,
	"aou": 8, "ago": 8, "sep": 9, "set": 9, "oct": 10, "okt": 10, "ott": 10, "out": 10,
	"nov": 11, "dec": 12, "dez": 12, "déc": 12, "dic": 12,
}

// monthOf returns 1 to 12, and 0 for what names no month.
func monthOf(word string) int {
	word = strings.ToLower(word)
	n := 0
	for i := range word + " " { // at the bounds of letters
		if m := months[word[:min(i, len(word))]]; m > 0 {
			n = m
		}
	}
	return n
}

const hour = 3600

// zones are offsets in seconds east of UTC: the names of RFC 5322 section 4.3, and those
// that mean one offset wherever they are used. IST and BST mean several (India, Israel and
// Ireland; Britain and Bangladesh): the British one is common in mail, IST stays UTC. Go
// takes other names' offsets from the machine's own zone, which would make a replay depend
// on where it runs.
var zones = map[string]int{
	"UT": 0, "GMT": 0, "UTC": 0, "Z": 0, "WET": 0, "WEST": hour, "BST": hour,
	"CET": hour, "MET": hour, "MEZ": hour, "CEST": 2 * hour, "MEST": 2 * hour, "MESZ": 2 * hour,
	"EET": 2 * hour, "EEST": 3 * hour, "MSK": 3 * hour, "MSD": 4 * hour, "SAST": 2 * hour,
	"HKT": 8 * hour, "SGT": 8 * hour, "AWST": 8 * hour, "JST": 9 * hour, "KST": 9 * hour,
	"ACST": 9*hour + hour/2, "AEST": 10 * hour, "AEDT": 11 * hour, "NZST": 12 * hour,
	"NZDT": 13 * hour, "HST": -10 * hour, "AKST": -9 * hour, "AKDT": -8 * hour,
	"PST": -8 * hour, "PDT": -7 * hour, "MST": -7 * hour, "MDT": -6 * hour,
	"CST": -6 * hour, "CDT": -5 * hour, "EST": -5 * hour, "EDT": -4 * hour,
}
