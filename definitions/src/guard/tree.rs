//! Reads rhai's tree into ours.
//!
//! What an expression of the language may not hold is refused here.

use std::ops::Range;

use rhai::{AST, ASTFlags, BinaryExpr, Expr, FnCallExpr, Module, Position, Shared, Stmt};

use super::function::{OVER_LISTS, builtin};
use super::names::{Names, Reads};
use super::node::{Kind, Node, strength, strength_of, written};
use super::operator::Operator;
use super::place::Places;
use super::{GuardError, refused};

/// Reads rhai's tree.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub(super) names: &'a Names,
    pub(super) places: Places<'a>,
    pub(super) library: Shared<Module>,
    pub(super) reads: Reads,
}

impl Reader<'_> {
    /// Reads one expression.
    ///
    /// # Errors
    ///
    /// Returns what the language does not know, and where.
    pub(super) fn read(&mut self, expr: &Expr) -> Result<Node, GuardError> {
        match expr {
            Expr::BoolConstant(..)
            | Expr::IntegerConstant(..)
            | Expr::StringConstant(..)
            | Expr::DynamicConstant(..) => self.literal(expr),
            Expr::And(parts, _) => self.several(expr, parts, "&&", strength::AND, Kind::And),
            Expr::Or(parts, _) => self.several(expr, parts, "||", strength::OR, Kind::Or),
            Expr::Coalesce(parts, _) => {
                self.several(expr, parts, "??", strength::COALESCE, Kind::Coalesce)
            }
            Expr::Variable(name, _, position) => self.bare(expr, &name.1, *position),
            Expr::Dot(sides, flags, position) => self.chain(expr, sides, *flags, *position),
            Expr::Index(sides, _, position) => match &sides.lhs {
                Expr::Dot(path, _, _) => self.entry(expr, path, &sides.rhs, *position),
                _ => Err(self.no_index(*position)),
            },
            Expr::FnCall(call, position) => self.call(expr, call, *position),
            Expr::Stmt(block) => match block.statements() {
                [statement @ Stmt::If(..)] => self.condition(statement, block.position()),
                _ => Err(self.refuse(block.position(), "an expression holds no statements")),
            },
            Expr::CharConstant(_, position) => Err(GuardError {
                help: Some("write \"…\"".to_owned()),
                ..self.refuse(*position, "a text stands in double quotes")
            }),
            other => Err(self.refuse(other.position(), "an expression cannot hold this")),
        }
    }

    /// Makes a part that can run alone.
    pub(super) fn node(&self, expr: &Expr, kind: Kind, text: String, strength: u8) -> Node {
        let statement = Stmt::Expr(Box::new(expr.clone()));
        let span = self.span(expr.position(), &kind, &text);
        Node { kind, text, span, strength, ast: AST::new([statement], self.library.clone()) }
    }

    /// Returns the bytes of a part: from its own place or its first part's, to the end of its last.
    fn span(&self, position: Position, kind: &Kind, text: &str) -> Range<usize> {
        let own = self.places.byte(position);
        match kind {
            Kind::Literal => self.places.from(own, text.len()),
            Kind::Path(_) => self.reads.spans.last().map_or(own..own, |(_, span)| span.clone()),
            Kind::Call(..) => {
                let (first, last) = kind.ends().unwrap_or((own, own));
                let closed = self.places.closed(own, '(', ')').unwrap_or(last);
                own.min(first)..closed.max(last)
            }
            Kind::Entry { table, .. } => {
                let of_table =
                    self.reads.spans.iter().rev().find(|(path, _)| path == table).map(|(_, at)| at);
                let start = of_table.map_or(own, |span| span.start);
                start..self.places.closed(start, '[', ']').unwrap_or(own)
            }
            Kind::Not(_) | Kind::Negate(_) | Kind::If(_) => {
                let (first, last) = kind.ends().unwrap_or((own, own));
                self.places.balanced(own.min(first)..last.max(own))
            }
            _ => {
                let ends = kind.ends().map_or(own..own, |(first, last)| first..last);
                self.places.balanced(ends)
            }
        }
    }

    /// Makes a part that needs no parentheses.
    pub(super) fn atom(&self, expr: &Expr, kind: Kind, text: String) -> Node {
        self.node(expr, kind, text, strength::ATOM)
    }

    pub(super) fn refuse(&self, position: Position, message: &str) -> GuardError {
        refused(message, self.places.word(position))
    }

    fn no_index(&self, position: Position) -> GuardError {
        self.refuse(position, "only a table of `limits` has entries in brackets")
    }

    fn literal(&self, expr: &Expr) -> Result<Node, GuardError> {
        let value = expr
            .get_literal_value(None)
            .ok_or_else(|| self.refuse(expr.position(), "an expression cannot hold this"))?;
        let text = written(&value);
        let strength = if text.starts_with('-') { strength::SIGN } else { strength::ATOM };
        Ok(self.node(expr, Kind::Literal, text, strength))
    }

    fn several(
        &mut self,
        expr: &Expr,
        parts: &[Expr],
        sign: &str,
        strength: u8,
        kind: fn(Vec<Node>) -> Kind,
    ) -> Result<Node, GuardError> {
        let parts = self.all(parts)?;
        let texts: Vec<_> = parts.iter().map(|part| part.within(strength + 1)).collect();
        Ok(self.node(expr, kind(parts), texts.join(&format!(" {sign} ")), strength))
    }

    fn all(&mut self, parts: &[Expr]) -> Result<Vec<Node>, GuardError> {
        parts.iter().map(|part| self.read(part)).collect()
    }

    fn chain(
        &mut self,
        expr: &Expr,
        sides: &BinaryExpr,
        flags: ASTFlags,
        position: Position,
    ) -> Result<Node, GuardError> {
        if flags.contains(ASTFlags::NEGATED) {
            return Err(GuardError {
                help: Some("test it with `has(…)`, or give `?? default`".to_owned()),
                ..self.refuse(position, "`?.` is not part of the language")
            });
        }
        match &sides.rhs {
            Expr::Property(..) => self.path(expr, &sides.lhs, &sides.rhs),
            Expr::Index(inner, _, position) if matches!(inner.lhs, Expr::Property(..)) => {
                let path = BinaryExpr { lhs: sides.lhs.clone(), rhs: inner.lhs.clone() };
                self.entry(expr, &path, &inner.rhs, *position)
            }
            Expr::Dot(inner, _, position) if matches!(inner.lhs, Expr::Property(..)) => {
                match &inner.rhs {
                    Expr::MethodCall(call, position) => {
                        let list = Expr::Dot(
                            Box::new(BinaryExpr { lhs: sides.lhs.clone(), rhs: inner.lhs.clone() }),
                            ASTFlags::NONE,
                            *position,
                        );
                        self.length(expr, &list, call, *position)
                    }
                    other => Err(self.refuse(
                        other.start_position().or_else(*position),
                        "a value has no parts: a name has one dot",
                    )),
                }
            }
            Expr::MethodCall(call, position) => self.length(expr, &sides.lhs, call, *position),
            other => Err(self.refuse(other.start_position(), "this cannot stand after a dot")),
        }
    }

    /// Reads `list.len()`.
    fn length(
        &mut self,
        expr: &Expr,
        list: &Expr,
        call: &FnCallExpr,
        position: Position,
    ) -> Result<Node, GuardError> {
        if call.name.as_str() != "len" || !call.args.is_empty() {
            let known = builtin(&call.name).map(|known| format!("write `{}`", known.usage));
            return Err(GuardError {
                help: known,
                ..self.refuse(position, "only `len()` stands after a dot")
            });
        }
        let list = self.read(list)?;
        let text = format!("{}.len()", list.within(strength::ATOM));
        Ok(self.atom(expr, Kind::Call("len".to_owned(), vec![list]), text))
    }

    fn entry(
        &mut self,
        expr: &Expr,
        path: &BinaryExpr,
        key: &Expr,
        position: Position,
    ) -> Result<Node, GuardError> {
        let (Expr::Variable(root, _, start), Expr::Property(name, end)) = (&path.lhs, &path.rhs)
        else {
            return Err(self.no_index(position));
        };
        if root.1.as_str() != "limits" {
            return Err(self.no_index(position));
        }
        let span = self.places.byte(*start)..self.places.word(*end).end;
        let table = self.names.table(&name.2, span.clone())?;
        if let Expr::StringConstant(key, position) = key
            && !table.contains_key(key.as_str())
        {
            let message = format!("`limits.{}` has no entry `{key}`", name.2);
            return Err(self.refuse(*position, &message));
        }
        let table = format!("limits.{}", name.2);
        self.reads.add(table.clone(), span);
        let key = Box::new(self.read(key)?);
        let text = format!("{table}[{}]", key.text);
        Ok(self.atom(expr, Kind::Entry { table, key }, text))
    }

    fn call(
        &mut self,
        expr: &Expr,
        call: &FnCallExpr,
        position: Position,
    ) -> Result<Node, GuardError> {
        let name = call.name.as_str();
        if call.op_token.is_some() {
            return self.operation(expr, name, &call.args, position);
        }
        // `x in list` comes as a call of this name, whose arguments are the other way round.
        if let ("contains", [Expr::Array(list, _), needle]) = (name, &*call.args) {
            return self.membership(expr, needle, list);
        }
        if name == "contains" {
            return Err(self.refuse(position, "`in` needs a list in brackets on its right"));
        }
        self.names.check_call(name, call.args.len(), self.places.word(position))?;
        let arguments = match (name, &*call.args) {
            ("has" | "missing", [expr @ Expr::Variable(stage, _, position)]) => {
                vec![self.stage(expr, &stage.1, *position)?]
            }
            _ => self.all(&call.args)?,
        };
        if matches!(name, "has" | "missing")
            && !matches!(arguments.as_slice(), [Node { kind: Kind::Path(_), .. }])
        {
            let message = format!("`{name}` needs a field, an answer or a stage");
            return Err(self.refuse(position, &message));
        }
        if OVER_LISTS.contains(&name) {
            self.over_list(name, &call.args, &arguments)?;
        }
        let texts: Vec<_> = arguments.iter().map(|argument| argument.text.as_str()).collect();
        let text = format!("{name}({})", texts.join(", "));
        Ok(self.atom(expr, Kind::Call(name.to_owned(), arguments), text))
    }

    /// Checks that a function over a list names a field and a comparison, and notes the field.
    fn over_list(
        &mut self,
        name: &str,
        arguments: &[Expr],
        nodes: &[Node],
    ) -> Result<(), GuardError> {
        let (Some(list), Some(path)) = (arguments.first(), nodes.first()) else {
            return Ok(());
        };
        let Kind::Path(path) = &path.kind else {
            let message = format!("`{name}` needs a list of the form or of a stage");
            return Err(self.refuse(list.start_position(), &message));
        };
        let Some(Expr::StringConstant(field, position)) = arguments.get(1) else {
            let position = arguments.get(1).map_or(Position::NONE, Expr::start_position);
            return Err(self.refuse(position, "a field of a list is named in quotes"));
        };
        let start = self.places.byte(*position) + 1;
        self.reads.add_list_field(path.clone(), field.to_string(), start..start + field.len());
        if let Some(sign) = arguments.get(2) {
            let known = matches!(sign, Expr::StringConstant(sign, _)
                if Operator::from_sign(sign).is_some_and(Operator::compares));
            if !known {
                return Err(self.refuse(
                    sign.start_position(),
                    "a comparison is one of \"==\", \"!=\", \"<\", \"<=\", \">\", \">=\"",
                ));
            }
        }
        Ok(())
    }

    fn membership(
        &mut self,
        expr: &Expr,
        needle: &Expr,
        list: &[Expr],
    ) -> Result<Node, GuardError> {
        let needle = self.read(needle)?;
        let list = self.all(list)?;
        let texts: Vec<_> = list.iter().map(|item| item.text.as_str()).collect();
        let text = format!("{} in [{}]", needle.within(strength::IN + 1), texts.join(", "));
        Ok(self.node(expr, Kind::In(Box::new(needle), list), text, strength::IN))
    }

    fn operation(
        &mut self,
        expr: &Expr,
        sign: &str,
        sides: &[Expr],
        position: Position,
    ) -> Result<Node, GuardError> {
        match sides {
            [value] => {
                let value = Box::new(self.read(value)?);
                let inner = value.within(strength::ATOM);
                let kind = match sign {
                    "!" => Kind::Not(value),
                    "-" => Kind::Negate(value),
                    _ => return Err(self.unknown_sign(sign, position)),
                };
                Ok(self.node(expr, kind, format!("{sign}{inner}"), strength::SIGN))
            }
            [left, right] => {
                let operator =
                    Operator::from_sign(sign).ok_or_else(|| self.unknown_sign(sign, position))?;
                let (left, right) = (self.read(left)?, self.read(right)?);
                let strength = strength_of(operator);
                let (first, second) = (left.within(strength), right.within(strength + 1));
                let text = format!("{first} {sign} {second}");
                let kind = Kind::Binary(operator, Box::new((left, right)));
                Ok(self.node(expr, kind, text, strength))
            }
            _ => Err(self.unknown_sign(sign, position)),
        }
    }

    fn unknown_sign(&self, sign: &str, position: Position) -> GuardError {
        self.refuse(position, &format!("`{sign}` is not part of the language"))
    }

    fn condition(&mut self, statement: &Stmt, position: Position) -> Result<Node, GuardError> {
        let Stmt::If(parts, _) = statement else {
            return Err(self.refuse(position, "an expression holds no statements"));
        };
        let condition = self.read(&parts.expr)?;
        let then = self.branch(parts.body.statements(), position)?;
        if parts.branch.statements().is_empty() {
            return Err(self.refuse(position, "`if` needs an `else`"));
        }
        let otherwise = self.branch(parts.branch.statements(), position)?;
        let text =
            format!("if {} {{ {} }} else {{ {} }}", condition.text, then.text, otherwise.text);
        let kind = Kind::If(Box::new((condition, then, otherwise)));
        let node = Node {
            span: self.span(position, &kind, &text),
            kind,
            text,
            strength: strength::IF,
            ast: AST::new([statement.clone()], self.library.clone()),
        };
        Ok(node)
    }

    fn branch(&mut self, statements: &[Stmt], position: Position) -> Result<Node, GuardError> {
        match statements {
            [Stmt::Expr(expr)] => self.read(expr),
            [Stmt::FnCall(call, position)] => self.read(&Expr::FnCall(call.clone(), *position)),
            [statement @ Stmt::If(..)] => self.condition(statement, position),
            _ => Err(self.refuse(position, "each branch of `if` holds one expression")),
        }
    }
}
