package model

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
)

// LogsState is the instrument's log that could go with a request for help.
// Nothing of it leaves the PC before the technician has seen it and said so.
type LogsState struct {
	For    uint64 // the notification it was prepared for
	Asked  bool
	Busy   bool
	Failed bool
	Got    *hostpb.HelpLogs
}

// Take takes in what the service prepared. What does not match its own
// checksum is not what would be sent, and is not offered.
func (l *LogsState) Take(got *hostpb.HelpLogs) {
	l.Busy, l.Got = false, got
	l.Failed = got.GetOffCode() == "" && (got.GetId() == "" || !strings.EqualFold(LogsSum(got.GetText()), got.GetSha256()))
	if l.Failed {
		l.Got = nil
	}
}

// Ready says whether there is a log to be looked at.
func (l LogsState) Ready() bool { return l.Got != nil && l.Got.GetOffCode() == "" && !l.Failed }

// LogsSum is the checksum of a text that was looked at.
func LogsSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// LogsView is what is said about the log on the form, and the log itself.
type LogsView struct {
	Busy  bool
	Ready bool
	Says  string // on the form: what there is, or why there is none
	Facts string
	ID    string
	Text  string
}

func (s *State) logsView(c *text.Catalogue) LogsView {
	l := s.Help.Logs
	v := LogsView{Busy: l.Busy, Ready: l.Ready()}
	switch {
	case l.Busy:
		v.Says = c.T("logs.preparing")
	case v.Ready:
		v.Says = c.T("logs.ready")
		v.Facts = Joined(c.T("logs.lines", "n", l.Got.GetLines()), c.T("logs.scrubbed", "n", l.Got.GetScrubbed()))
		v.ID, v.Text = l.Got.GetId(), l.Got.GetText()
	case l.Got.GetOffCode() != "":
		v.Says = c.T("logs.off.other")
		if key := "logs.off." + l.Got.GetOffCode(); c.Has(key) {
			v.Says = c.T(key)
		}
	default:
		v.Says = c.T("logs.failed")
	}
	return v
}

// LogLine is one line of a log as it is drawn: the text in pieces, those that
// stand for something taken out marked.
type LogLine struct {
	Pieces   []LogPiece
	Goes     bool // it goes on from the line before, which was too long for the window
	Scrubbed bool
}

// LogPiece is a part of a line.
type LogPiece struct {
	Text     string
	Scrubbed bool
}

// LogLines breaks a log into lines no longer than width characters. Put
// together again they are the text: nothing is left out, only what cannot be
// seen is shown as a box.
func LogLines(log string, width int) []LogLine {
	var out []LogLine
	for _, line := range strings.Split(strings.TrimSuffix(log, "\n"), "\n") {
		runes := []rune(visibly(line))
		marks := scrubbed(string(runes))
		for first := true; first || len(runes) > 0; first = false {
			n := breakAt(runes, marks, width)
			l := LogLine{Goes: !first}
			for at := 0; at < n; {
				end := at + 1
				for end < n && marks[end] == marks[at] {
					end++
				}
				l.Pieces = append(l.Pieces, LogPiece{Text: string(runes[at:end]), Scrubbed: marks[at]})
				l.Scrubbed = l.Scrubbed || marks[at]
				at = end
			}
			out = append(out, l)
			runes, marks = runes[n:], marks[n:]
		}
	}
	return out
}

// breakAt is where a line goes on in the next one: after a space where there is
// one near the end, and never inside a mark.
func breakAt(runes []rune, marks []bool, width int) int {
	if len(runes) <= width {
		return len(runes)
	}
	for n := width; n > width-scrubMark-2 && n > 1; n-- {
		if runes[n-1] == ' ' && !marks[n-1] {
			return n
		}
	}
	n := width
	for n > 1 && marks[n-1] && marks[n] {
		n--
	}
	return n
}

// visibly makes a line fit to be drawn: a tab as spaces, what nobody could see
// as a box.
func visibly(line string) string {
	line = strings.TrimSuffix(line, "\r")
	return strings.Map(func(r rune) rune {
		if r != ' ' && Clean(string(r), 1) == "" {
			return '▯'
		}
		return r
	}, strings.ReplaceAll(line, "\t", "    "))
}

// scrubbed marks the characters that stand for something taken out: a short
// word in square brackets, such as "[name]" or "[line removed]".
func scrubbed(line string) []bool {
	runes := []rune(line)
	marks := make([]bool, len(runes))
	for i := 0; i < len(runes); i++ {
		if runes[i] != '[' {
			continue
		}
		for end := i + 1; end < len(runes) && end-i <= scrubMark; end++ {
			r := runes[end]
			if r == ']' && end > i+1 {
				for at := i; at <= end; at++ {
					marks[at] = true
				}
				i = end
				break
			}
			if (r < 'a' || r > 'z') && r != '-' && r != ' ' {
				break
			}
		}
	}
	return marks
}

// scrubMark is the longest word in brackets that counts as a mark.
const scrubMark = 24
