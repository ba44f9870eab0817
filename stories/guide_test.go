package stories

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestGuideAndStoryAgree: the guide "Write your first agreement" tells exactly
// the story that runs: the same commands in the same order, the same first draft,
// the same edits, and no line of output that the story does not look for.
func TestGuideAndStoryAgree(t *testing.T) {
	t.Parallel()
	guide := readGuide(t, "../docs/guide/write-your-first-agreement.md")
	story := readStory(t, "testdata/instrument_first_agreement.txt")
	if diff := cmp.Diff(story.commands, guide.commands); diff != "" {
		t.Errorf("commands differ (-story +guide):\n%s", diff)
	}
	if diff := cmp.Diff(story.edits, guide.edits); diff != "" {
		t.Errorf("edits differ (-story +guide):\n%s", diff)
	}
	if diff := cmp.Diff(story.draft, guide.draft); diff != "" {
		t.Errorf("first drafts differ (-story +guide):\n%s", diff)
	}
	for n, lines := range guide.output {
		for _, line := range lines {
			if n < len(story.looked) && !slices.ContainsFunc(story.looked[n], func(p *regexp.Regexp) bool { return p.MatchString(line) }) {
				t.Errorf("after %q the guide shows a line the story does not look for: %s", guide.commands[n], line)
			}
		}
	}
}

// told is what a guide or a story tells: commands, and after each what comes out.
type told struct {
	commands []string
	output   [][]string         // of a guide
	looked   [][]*regexp.Regexp // of a story
	edits    []string           // "-old\n+new"
	draft    string
}

func readGuide(t *testing.T, name string) told {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var g told
	for _, block := range regexp.MustCompile("(?ms)^```(console|diff|yaml)\n(.*?)^```$").FindAllStringSubmatch(string(b), -1) {
		switch block[1] {
		case "yaml":
			g.draft += block[2]
		case "diff":
			g.edits = append(g.edits, strings.TrimSpace(block[2]))
		default:
			for line := range strings.Lines(block[2]) {
				line = strings.TrimRight(line, "\n")
				if command, ok := strings.CutPrefix(line, "$ "); ok {
					g.commands, g.output = append(g.commands, command), append(g.output, nil)
				} else {
					last := len(g.output) - 1
					g.output[last] = append(g.output[last], strings.TrimSuffix(strings.TrimSpace(line), "…"))
				}
			}
		}
	}
	return g
}

func readStory(t *testing.T, name string) told {
	t.Helper()
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	s := told{draft: string(archive.Files[0].Data)}
	exits := regexp.MustCompile(`^exits [0-9]+ `)
	looks := regexp.MustCompile(`^(?:stdout|stderr) '(.*)'$`)
	edit := regexp.MustCompile(`^edit \S+ '(.*)' '(.*)'$`)
	for line := range strings.Lines(string(archive.Comment)) {
		line = strings.TrimRight(line, "\n")
		if e := edit.FindStringSubmatch(line); e != nil {
			s.edits = append(s.edits, "-"+e[1]+"\n+"+e[2])
		}
		if l := looks.FindStringSubmatch(line); l != nil {
			s.looked[len(s.looked)-1] = append(s.looked[len(s.looked)-1], regexp.MustCompile(l[1]))
		}
		line = exits.ReplaceAllString(line, "entente ")
		if strings.HasPrefix(line, "entente ") {
			s.commands, s.looked = append(s.commands, line), append(s.looked, nil)
		}
	}
	return s
}

// edit is `edit FILE OLD NEW`: it changes the one place that reads OLD, as a
// person with an editor would.
func edit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: edit FILE OLD NEW")
	}
	name := ts.MkAbs(args[0])
	b, err := os.ReadFile(name)
	ts.Check(err)
	if n := strings.Count(string(b), args[1]); n != 1 {
		ts.Fatalf("%q is %d times in %s", args[1], n, args[0])
	}
	ts.Check(os.WriteFile(name, []byte(strings.Replace(string(b), args[1], args[2], 1)), 0o600))
}
