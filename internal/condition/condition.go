// Package condition is the small language of conditions in instrument profiles:
// comparisons and logic over the fields of one line. It is expr-lang's, cut down
// to what ends at once: no loops, no ranges, no variables, no call but the few
// functions below, none of which reaches outside.
package condition

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// Bounds of a condition. With MaxText even the deepest nesting is harmless.
const (
	MaxText  = 400
	maxNodes = 80
	budget   = 10_000 // of memory, in the machine's own count
)

// Condition is compiled and may be shared; Holds may be called at once from
// several goroutines with an environment each.
type Condition struct {
	text    string
	program *vm.Program
	groups  []string
}

// functions there are, beside the operators. All are pure and short.
var functions = []expr.Option{
	expr.Function("number", func(args ...any) (any, error) { return Number(args[0].(string)), nil }, new(func(string) float64)),
	expr.Function("lower", func(args ...any) (any, error) { return strings.ToLower(args[0].(string)), nil }, new(func(string) string)),
}

var names = []string{"number", "lower"}

// Number reads a decimal number with a point or a comma; what is none is not a
// number, and every comparison with that is false.
func Number(s string) float64 {
	f, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(s), ",", ".", 1), 64)
	if err != nil {
		return math.NaN()
	}
	return f
}

// Compile checks text against an example of the environment, a struct with
// "expr" tags, and prepares it. The condition must be true or false.
func Compile(text string, env any) (c *Condition, err error) {
	// The compiler of another house: whatever it does with a text, the profile
	// is refused and the service goes on.
	defer func() {
		if p := recover(); p != nil {
			c, err = nil, fmt.Errorf("condition: it cannot be read: %v", p)
		}
	}()
	if len(text) > MaxText {
		return nil, fmt.Errorf("condition: it has %d characters; at most %d are possible", len(text), MaxText)
	}
	tree, err := parser.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("condition: %s", firstLine(err))
	}
	guard := &guard{}
	ast.Walk(&tree.Node, guard)
	if guard.fault != "" {
		return nil, fmt.Errorf("condition: %s", guard.fault)
	}
	options := append([]expr.Option{expr.Env(env), expr.AsBool(), expr.MaxNodes(maxNodes), expr.DisableAllBuiltins()}, functions...)
	program, err := expr.Compile(text, options...)
	if err != nil {
		return nil, fmt.Errorf("condition: %s", firstLine(err))
	}
	return &Condition{text: text, program: program, groups: guard.groups}, nil
}

// Holds evaluates it. An error is a fault of the condition itself.
func (c *Condition) Holds(env any) (ok bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			ok, err = false, fmt.Errorf("condition %q: %v", c.text, p)
		}
	}()
	machine := vm.VM{MemoryBudget: budget}
	out, err := machine.Run(c.program, env)
	if err != nil {
		return false, fmt.Errorf("condition %q: %s", c.text, firstLine(err))
	}
	ok, _ = out.(bool)
	return ok, nil
}

// Groups are the names it takes out of the map "group".
func (c *Condition) Groups() []string { return slices.Clone(c.groups) }

func (c *Condition) String() string { return c.text }

// guard refuses what is not in the language.
type guard struct {
	fault  string
	groups []string
}

func (g *guard) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.NilNode, *ast.IdentifierNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode, *ast.ConstantNode, *ast.UnaryNode, *ast.ArrayNode, *ast.ConditionalNode, *ast.ChainNode:
	case *ast.BinaryNode:
		g.binary(n)
	case *ast.MemberNode:
		g.member(n)
	case *ast.CallNode:
		if id, ok := n.Callee.(*ast.IdentifierNode); !ok || !slices.Contains(names, id.Value) || len(n.Arguments) != 1 {
			g.refuse("only %s can be called, with one argument", strings.Join(names, " and "))
		}
	case *ast.BuiltinNode:
		// "lower" is a builtin's name, too; with all of them off the function
		// above stands in its place.
		if !slices.Contains(names, n.Name) || len(n.Arguments) != 1 {
			g.refuse("%s is not part of the language of conditions", n.Name)
		}
	default:
		g.refuse("%s is not part of the language of conditions", strings.TrimSuffix(reflect.TypeOf(n).Elem().Name(), "Node"))
	}
}

func (g *guard) binary(n *ast.BinaryNode) {
	switch n.Operator {
	case "..", "**", "^", "??", "|":
		g.refuse("the operator %s is not part of the language of conditions", n.Operator)
	case "matches":
		if _, ok := n.Right.(*ast.StringNode); !ok {
			g.refuse("what stands behind \"matches\" must be a text, as it is compiled once")
		}
	}
}

func (g *guard) member(n *ast.MemberNode) {
	id, ok := n.Node.(*ast.IdentifierNode)
	name, text := n.Property.(*ast.StringNode)
	if !ok || !text || id.Value != "group" {
		g.refuse("only group.NAME has parts")
		return
	}
	g.groups = append(g.groups, name.Value)
}

func (g *guard) refuse(format string, args ...any) {
	if g.fault == "" {
		g.fault = fmt.Sprintf(format, args...)
	}
}

// firstLine: the library draws a picture of the place under its message.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
