package store_test

import (
	"context"
	"database/sql"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"entente/store/storetest"
)

// TestEveryQueryParses asks both databases to plan every query in this package,
// so that a wrong column name fails here and not in front of a user.
func TestEveryQueryParses(t *testing.T) {
	t.Parallel()
	queries := queriesIn(t)
	if len(queries) < 50 {
		t.Fatalf("only %d queries were found", len(queries))
	}
	databases(t, func(t *testing.T, url string) {
		open(t, url, nil)
		driver, dsn := driverOf(url)
		db, err := sql.Open(driver, dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for _, query := range queries {
			if err := plan(t.Context(), db, driver, query); err != nil {
				t.Errorf("%v\n%s", err, query)
			}
		}
	})
}

func driverOf(url string) (driver, dsn string) {
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		return "sqlite", "file:" + escape(path)
	}
	return "pgx", url
}

func escape(path string) string {
	return strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23", " ", "%20").Replace(path)
}

var (
	verb        = regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s`)
	placeholder = regexp.MustCompile(`\$(\d+)`)
)

// queriesIn returns every constant expression of the package that makes up SQL: string
// literals, and sums of them and of named constants.
func queriesIn(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var parsed []*ast.File
	consts := map[string]ast.Expr{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
		collectConsts(f, consts)
	}
	var queries []string
	for _, f := range parsed {
		ast.Inspect(f, func(node ast.Node) bool {
			e, ok := node.(ast.Expr)
			if !ok {
				return true
			}
			q, ok := text(e, consts)
			if !ok {
				return true
			}
			// A text that goes on with an operator is not complete yet.
			if verb.MatchString(q) && !strings.HasSuffix(strings.TrimSpace(q), "=") {
				queries = append(queries, q)
			}
			return false
		})
	}
	return queries
}

func collectConsts(f *ast.File, into map[string]ast.Expr) {
	ast.Inspect(f, func(node ast.Node) bool {
		d, ok := node.(*ast.GenDecl)
		if !ok || d.Tok != token.CONST {
			return true
		}
		for _, s := range d.Specs {
			v := s.(*ast.ValueSpec)
			for i, value := range v.Values {
				into[f.Name.Name+"."+v.Names[i].Name] = value
				into[v.Names[i].Name] = value
			}
		}
		return true
	})
}

func text(e ast.Expr, consts map[string]ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.Ident:
		value, ok := consts[e.Name]
		if !ok {
			return "", false
		}
		return text(value, consts)
	case *ast.BinaryExpr:
		left, ok := text(e.X, consts)
		right, ok2 := text(e.Y, consts)
		return left + right, ok && ok2 && e.Op == token.ADD
	}
	return "", false
}

func plan(ctx context.Context, db *sql.DB, driver, query string) error {
	if driver == "pgx" {
		if strings.Contains(query, "search_text MATCH") {
			return nil // SQLite's own
		}
		stmt, err := db.PrepareContext(ctx, query)
		if err != nil {
			return err
		}
		defer stmt.Close()
		return nil
	}
	if strings.Contains(query, "current_setting(") || strings.Contains(query, "pg_advisory") || strings.Contains(query, "tsquery") {
		return nil // PostgreSQL's own
	}
	most := 0
	for _, m := range placeholder.FindAllStringSubmatch(query, -1) {
		i, _ := strconv.Atoi(m[1])
		most = max(most, i)
	}
	rows, err := db.QueryContext(ctx, "EXPLAIN "+query, make([]any, most)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	return rows.Err()
}

// TestSchemasMatch compares what the two sets of migrations produce, so that a
// migration written for one database and forgotten for the other fails here.
func TestSchemasMatch(t *testing.T) {
	t.Parallel()
	pgURL := storetest.FreshSchema(t, postgresURL(t))
	liteURL := sqliteURL(t)
	open(t, liteURL, nil)
	open(t, pgURL, nil)
	lite := lines(t, liteURL, `
		SELECT m.name || '.' || c.name || CASE WHEN c."notnull" = 1 THEN ' not null' ELSE '' END
		FROM sqlite_schema m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'goose_%' AND m.name NOT LIKE 'search_text%'
		UNION ALL
		SELECT 'index ' || name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL
		ORDER BY 1`)
	pg := lines(t, pgURL, `
		SELECT l FROM (
			SELECT table_name || '.' || column_name || CASE WHEN is_nullable = 'NO' THEN ' not null' ELSE '' END AS l
			FROM information_schema.columns
			WHERE table_schema = current_schema() AND table_name NOT LIKE 'goose_%'
			UNION ALL
			SELECT 'index ' || indexname FROM pg_indexes
			WHERE schemaname = current_schema() AND indexname NOT LIKE '%\_pkey' AND indexname NOT LIKE '%\_key' AND indexname <> 'search_text'
		) x ORDER BY l COLLATE "C"`)
	if lite != pg {
		t.Errorf("the schemas differ\nSQLite:\n%s\nPostgreSQL:\n%s", lite, pg)
	}
}

func lines(t *testing.T, url, query string) string {
	t.Helper()
	driver, dsn := driverOf(url)
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}
