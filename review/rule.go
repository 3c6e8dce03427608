package review

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/ledger"
)

// ruleStore is where the rules of reviewers are.
type ruleStore interface {
	SetOverride(ctx context.Context, subject string, o analyzer.Override) error
	ClearOverride(ctx context.Context, subject, by, reason string) (bool, error)
	// Overrides returns the rules that are valid at a time; kind is "url" for those of
	// links, "" for all others.
	Overrides(ctx context.Context, kind string, now time.Time) ([]ledger.Rule, error)
	// Lures returns what of incidents' links may be blocked, the most telling first.
	Lures(ctx context.Context, incidents ...int64) ([]ledger.Lure, error)
}

// RuleKind says what rules are for.
type RuleKind string

// Kinds of rules.
const (
	SenderRules RuleKind = "sender" // senders and classes
	URLRules    RuleKind = "url"    // links
)

// RuleChange sets one rule for some subjects.
type RuleChange struct {
	Kind     RuleKind
	Subjects []string // accounts and "class:application", or hosts, domains and URLs
	Action   analyzer.Action
	Mode     analyzer.Mode
	Until    string // see ParseUntil; "" for good, of links and of mode enforce alone
	Reason   string
}

// RuleDone is what a change of rules did.
type RuleDone struct {
	Subjects []string // as the store has them: "sender:bob@example.org"
	Until    time.Time
	Doubts   []string // in words, which accounts nobody knows, and who may be meant
	Observed bool     // mode is observe: what the rule would hold is only recorded
}

// SetRules sets one rule for all subjects, or, when something is written wrongly, for none.
func (s *Service) SetRules(ctx context.Context, who Actor, c RuleChange) (*RuleDone, error) {
	if err := s.mayDecide(); err != nil {
		return nil, err
	}
	var p parser
	out := &RuleDone{Subjects: s.subjects(&p, c.Kind, c.Subjects)}
	if c.Until != "" {
		var err error
		if out.Until, err = ParseUntil(c.Until, s.Now()); err != nil {
			p.note(fmt.Errorf("--until %w", err))
		}
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	out.Observed = c.Action == analyzer.Hold &&
		s.Settings.Mode[analyzer.Account] != analyzer.Enforce
	var err error
	if out.Doubts, err = s.doubts(ctx, out.Subjects); err != nil {
		return nil, err
	}
	rule := analyzer.Override{Action: c.Action, Mode: c.Mode, Until: out.Until, By: who.String(),
		Reason: c.Reason}
	for _, subject := range out.Subjects {
		if err := s.Store.SetOverride(ctx, subject, rule); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// doubts asks for each account of some subjects whether anybody knows it.
func (s *Service) doubts(ctx context.Context, subjects []string) ([]string, error) {
	var out []string
	for _, subject := range subjects {
		name, ok := strings.CutPrefix(subject, "sender:")
		if !ok {
			continue
		}
		doubt, err := s.Doubt(ctx, name)
		if err != nil {
			return nil, err
		}
		if doubt != "" {
			out = append(out, doubt)
		}
	}
	return out, nil
}

// ClearRules ends the rules of subjects now and returns the subjects that had one. An
// error that is ErrPartly names those that had none.
func (s *Service) ClearRules(ctx context.Context, who Actor, kind RuleKind, texts []string,
	reason string) ([]string, error) {
	if err := s.mayDecide(); err != nil {
		return nil, err
	}
	var p parser
	subjects := s.subjects(&p, kind, texts)
	if err := p.err(); err != nil {
		return nil, err
	}
	var done, not []string
	for _, subject := range subjects {
		ok, err := s.Store.ClearOverride(ctx, subject, who.String(), reason)
		if err != nil {
			return done, err
		}
		if ok {
			done = append(done, subject)
		} else {
			not = append(not, "there is no rule for "+subject)
		}
	}
	if len(done) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrNothing, strings.Join(not, "; "))
	}
	return done, missing(not)
}

// Rules returns the rules that hold now; none is ErrNothing.
func (s *Service) Rules(ctx context.Context, kind RuleKind) ([]ledger.Rule, error) {
	of := string(kind)
	if kind == SenderRules {
		of = ""
	}
	list, err := s.Store.Overrides(ctx, of, s.Now())
	if err == nil && len(list) == 0 {
		err = ErrNothing
	}
	return list, err
}

// subjects turns what a person wrote into the store's subjects, each once.
func (s *Service) subjects(p *parser, kind RuleKind, texts []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, text := range texts {
		subject, err := urlSubject(text)
		if kind == SenderRules {
			subject, err = s.senderSubject(text)
		}
		p.note(err)
		if !seen[subject] {
			seen[subject] = true
			out = append(out, subject)
		}
	}
	return out
}

// senderSubject turns "NAME" or "class:NAME" into the store's subject.
func (s *Service) senderSubject(text string) (string, error) {
	class, ok := strings.CutPrefix(text, "class:")
	if !ok {
		name, err := s.accountName(strings.TrimPrefix(text, "sender:"))
		return "sender:" + name, err
	}
	switch analyzer.Class(class) {
	case analyzer.Account, analyzer.Application, analyzer.Null:
		return text, nil
	}
	return "", fmt.Errorf("class %q is not account, application or null", class)
}

// urlSubject turns a host, domain or URL into the store's subject.
func urlSubject(text string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return "", errors.New("the link is blank: write a host, a domain or a URL")
	}
	// "friend@mail.test": whoever means one mailbox must not stop every link to its host.
	if authority, _, _ := strings.Cut(text, "/"); strings.Contains(authority, "@") {
		return "", fmt.Errorf("%.80q is a mailbox, not a link: rules for links stand for hosts,"+
			" domains and URLs", text)
	}
	p, err := content.ParsePattern(text)
	return "url:" + p.String(), err
}

// ruling returns which of the rules for links is for all that a pattern names, nil for none.
// The narrowest rule counts.
func ruling(rules []ledger.Rule, pattern string) (rule *ledger.Rule) {
	p, err := content.ParsePattern(pattern)
	if err != nil {
		return nil
	}
	var narrowest content.Pattern
	for i := range rules {
		r, err := content.ParsePattern(strings.TrimPrefix(rules[i].Subject, "url:"))
		if err != nil || !covers(r, p) || rule != nil && !r.Narrower(narrowest) {
			continue
		}
		narrowest, rule = r, &rules[i]
	}
	return rule
}

// covers says whether one pattern stands for everything that another does.
func covers(wide, p content.Pattern) bool {
	if wide.Path == "" {
		return p.Host == wide.Host || strings.HasSuffix(p.Host, "."+wide.Host)
	}
	return p.Host == wide.Host && strings.HasPrefix(p.Path, wide.Path)
}

// RuleLine is a rule as JSON, schema 1.
type RuleLine struct {
	Schema  int             `json:"schema"`
	Kind    string          `json:"kind"` // "rule"
	Subject string          `json:"subject"`
	Rule    string          `json:"rule"` // the verb that set it
	Action  analyzer.Action `json:"action"`
	Mode    analyzer.Mode   `json:"mode"`
	Since   time.Time       `json:"since"`
	Until   *time.Time      `json:"until"` // null: for good
	By      string          `json:"by"`
	Reason  string          `json:"reason"`
}

// RuleLines are rules as JSON.
func RuleLines(list []ledger.Rule) []RuleLine {
	lines := make([]RuleLine, len(list))
	for i := range list {
		r := &list[i]
		lines[i] = RuleLine{Schema: 1, Kind: "rule", Subject: r.Subject, Rule: r.Verb(),
			Action: r.Action, Mode: r.Mode, Since: r.Created, Until: orNull(r.Until), By: r.By,
			Reason: r.Reason}
	}
	return lines
}
