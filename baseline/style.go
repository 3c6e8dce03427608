package baseline

import "math"

// Style is what is usual in writing: sums of hashed features by generation. A
// generation is a quarter of a year: the newest two speak for today's style, older ones
// are dropped when they are settled.
type Style struct {
	gens []generation // rising by number
}

type generation struct {
	number int32 // slot / generationSlots
	mails  uint32
	total  uint32
	counts [StyleDims]uint32
}

// generationSlots is about a quarter: long enough for 50 mails of most people.
const generationSlots = 91 * daySlots

func (s *Style) apply(counts []StyleCount, day Slot, sign int) {
	if len(counts) == 0 {
		return
	}
	number := int32(day) / generationSlots
	i := 0
	for i < len(s.gens) && s.gens[i].number < number {
		i++
	}
	if i == len(s.gens) || s.gens[i].number != number {
		if sign < 0 {
			return
		}
		s.gens = append(s.gens, generation{})
		copy(s.gens[i+1:], s.gens[i:])
		s.gens[i] = generation{number: number}
	}
	g := &s.gens[i]
	g.mails = add(g.mails, sign)
	for _, c := range counts {
		n := uint32(c.Count)
		if sign > 0 {
			g.counts[c.Dim] += n
			g.total += n
		} else {
			n = min(n, g.counts[c.Dim])
			g.counts[c.Dim] -= n
			g.total -= min(n, g.total)
		}
	}
	if g.mails == 0 {
		s.gens = append(s.gens[:i], s.gens[i+1:]...)
	}
}

// settle drops generations that ended a year before a day.
func (s *Style) settle(before Slot) {
	oldest := int32(before)/generationSlots - 4
	for len(s.gens) > 0 && s.gens[0].number < oldest {
		s.gens = s.gens[1:]
	}
}

// StyleMails returns how many mails with enough text the profile holds.
func (p *Profile) StyleMails() int {
	n := 0
	for i := range p.style.gens {
		n += int(p.style.gens[i].mails)
	}
	return n
}

// StyleModel returns the profile's style as one sum, to score mails with.
func (p *Profile) StyleModel() *StyleModel {
	h := &StyleModel{}
	for i := range p.style.gens {
		g := &p.style.gens[i]
		h.mails += int(g.mails)
		for d, c := range g.counts {
			h.counts[d] += float64(c)
		}
		h.total += float64(g.total)
	}
	return h
}

// StyleModel is a style ready for scoring.
type StyleModel struct {
	mails  int
	total  float64
	counts [StyleDims]float64
}

// LikelihoodRatio returns the mean natural logarithm, per feature, of how much likelier
// the counts are in this style than in the background, with the background as Dirichlet
// prior of weight mass. Positive speaks for this style. Zero counts give 0.
func (h *StyleModel) LikelihoodRatio(background *StyleModel, counts []StyleCount, mass float64) float64 {
	if len(counts) == 0 || background.total == 0 {
		return 0
	}
	sum, n := 0.0, 0.0
	for _, c := range counts {
		b := (background.counts[c.Dim] + 0.5) / (background.total + 0.5*StyleDims)
		p := (h.counts[c.Dim] + mass*b) / (h.total + mass)
		w := math.Sqrt(float64(c.Count)) // a word said twenty times is not twenty witnesses
		sum += w * math.Log(p/b)
		n += w
	}
	return sum / n
}
