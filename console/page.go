package console

import (
	"bytes"
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"entente/decision"
	"entente/internal/fault"
	"entente/internal/problem"
)

//go:embed pages
var files embed.FS

// page is what the layout shows around the data of one page.
type page struct {
	Title string
	Here  string // path of the page, for the navigation
	Party string
	// Exercise stands on every page and print of a node that takes part in one.
	Exercise string
	Data     any
	More     string // address of the next page
	Outside  bool   // shown to whoever has not entered: no navigation
}

// show answers a request with a page or an error.
type show func(r *http.Request) (name string, p page, err error)

// page lets only those in who have entered, and writes what f returns.
func (c *Console) page(f show) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !c.entered(r) {
			c.fail(w, r, fault.New(fault.Unauthenticated, "console.closed", "This page is for the operators of this node.").
				Try("Open the link that entente serve printed when it started."))
			return
		}
		if err := problem.Text(r.URL); err != nil {
			c.fail(w, r, err)
			return
		}
		name, p, err := f(r)
		if err != nil {
			c.fail(w, r, err)
			return
		}
		p.Here = r.URL.Path
		c.render(w, r, http.StatusOK, name, p)
	})
}

func nothingHere(*http.Request) (string, page, error) {
	return "", page{}, fault.New(fault.NotFound, "console.unknown", "There is no such page.").Try("Go back to the decisions.")
}

// fail shows what a person may see of err, and logs the whole of it.
func (c *Console) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problem.Of(err)
	level := slog.LevelInfo
	if p.Status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	c.Log.LogAttrs(r.Context(), level, "page failed", slog.String("problem", p.Type), slog.Any("error", err))
	if p.Detail == "" {
		p.Detail = "Something went wrong here. The node's log says what."
	}
	c.render(w, r, p.Status, "problem.html", page{Title: p.Title, Data: p, Outside: !c.entered(r)})
}

// render builds the page in memory first, so that a template that fails
// cannot leave half a page with a status of success.
func (c *Console) render(w http.ResponseWriter, r *http.Request, status int, name string, p page) {
	p.Party, p.Exercise = c.Party, c.Exercise
	var out bytes.Buffer
	t, err := template.New("layout.html").Funcs(funcs()).ParseFS(files, "pages/layout.html", "pages/"+name)
	if err == nil {
		err = t.Execute(&out, p)
	}
	if err != nil {
		c.Log.LogAttrs(r.Context(), slog.LevelError, "page could not be written", slog.String("page", name), slog.Any("error", err))
		http.Error(w, "Internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w) // the browser is gone; there is nobody to tell
}

func funcs() template.FuncMap {
	return template.FuncMap{
		"symbol": symbol, "instant": instant, "machine": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"day":   func(t time.Time) string { return t.UTC().Format(time.DateOnly) },
		"shell": shell, "asValue": asValue, "content": content,
		"join": func(s []string) string { return strings.Join(s, ", ") },
	}
}

// symbol makes an outcome readable without colour.
func symbol(o decision.Outcome) string {
	switch o {
	case decision.Permit:
		return "✓"
	case decision.Transform:
		return "≈"
	case decision.Deny:
		return "✗"
	case decision.Refer:
		return "?"
	}
	return "!"
}

func instant(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2006-01-02 15:04:05") + " UTC"
}

func style(w http.ResponseWriter, _ *http.Request) { asset(w, "style.css", "text/css; charset=utf-8") }

func favicon(w http.ResponseWriter, _ *http.Request) {
	asset(w, "favicon.svg", "image/svg+xml")
}

func asset(w http.ResponseWriter, name, media string) {
	b, err := files.ReadFile("pages/" + name)
	if err != nil {
		http.Error(w, "Internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", media)
	_, _ = w.Write(b) // the browser is gone; there is nobody to tell
}
