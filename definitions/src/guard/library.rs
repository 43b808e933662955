//! The block of `functions:` that guards call, and the types their comment lines declare.
//!
//! A function sees its parameters only.

use std::ops::Range;

use rhai::{AST, ASTFlags, ASTNode, Engine, Expr, FnCallExpr, Position, Stmt};

use super::names::Names;
use super::place::Places;
use super::{GuardError, refused};

/// Longest block of functions, in bytes.
pub const MAX_FUNCTIONS_BYTES: usize = 32 * 1024;

/// A type that the comment line of a function names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterType {
    /// `text`: also phone numbers, e-mail addresses and choices.
    Text,
    /// `integer`
    Integer,
    /// `number`
    Number,
    /// `money`
    Money,
    /// `date`
    Date,
    /// `yes_no`
    YesNo,
    /// `list`
    List,
}

impl ParameterType {
    /// Reads a type's name.
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "text" => Self::Text,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "money" => Self::Money,
            "date" => Self::Date,
            "yes_no" => Self::YesNo,
            "list" => Self::List,
            _ => return None,
        })
    }
}

/// A function that the programme declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionSignature {
    /// Its name.
    pub name: String,
    /// Names of its parameters.
    pub parameters: Vec<String>,
    /// Types of its parameters and of its result, where the comment line declares them.
    pub types: Option<(Vec<ParameterType>, ParameterType)>,
    /// Bytes of its name in the block.
    pub span: Range<usize>,
}

/// Compiles the block.
///
/// # Errors
///
/// Returns what is wrong, its span in bytes of `source`.
pub(super) fn compile(engine: &Engine, source: &str, names: &mut Names) -> Result<AST, GuardError> {
    if source.len() > MAX_FUNCTIONS_BYTES {
        let message = format!("the functions are longer than {MAX_FUNCTIONS_BYTES} bytes");
        return Err(GuardError { message, span: None, label: None, help: None });
    }
    let places = Places::new(source);
    let ast = engine.compile(source).map_err(|error| super::words::in_words(&error, &places))?;
    if let Some(statement) = ast.statements().first() {
        let span = places.word(statement.position());
        return Err(refused("only functions stand here", span));
    }
    names.functions = signatures(&ast, source)?;
    for function in &names.functions {
        if super::function::builtin(&function.name).is_some() {
            let message = format!("`{}` is a function of the language", function.name);
            return Err(refused(message, function.span.clone()));
        }
    }
    let mut wrong = None;
    ast.walk(&mut |path| {
        wrong = path.last().and_then(|node| check(node, names, &places).err());
        wrong.is_none()
    });
    wrong.map_or(Ok(ast), Err)
}

/// Reads the signatures: rhai knows names and parameters, the comment above a function its types.
fn signatures(ast: &AST, source: &str) -> Result<Vec<FunctionSignature>, GuardError> {
    let mut declared: Vec<FunctionSignature> = Vec::new();
    let mut types: Option<(Vec<ParameterType>, ParameterType, Range<usize>)> = None;
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        let span = start..start + line.trim_end().len();
        start += line.len();
        let text = line.trim();
        if let Some(comment) = text.strip_prefix("//") {
            if comment.trim_start().starts_with('(') && comment.contains("->") {
                let (parameters, result) = types_of(comment, &span)?;
                types = Some((parameters, result, span));
            }
        } else if let Some(name) = function_name(text) {
            let found = ast.iter_functions().find(|function| function.name == name);
            if declared.iter().any(|function| function.name == name) {
                return Err(refused(format!("`{name}` is declared twice"), span));
            }
            let Some(found) = found else { continue };
            let parameters: Vec<_> = found.params.iter().map(|&name| name.to_owned()).collect();
            let offset = span.start + line.find(name).unwrap_or_default();
            let types = types.take().map(|(of_parameters, result, span)| {
                if of_parameters.len() == parameters.len() {
                    return Ok((of_parameters, result));
                }
                let (declared, taken) = (of_parameters.len(), parameters.len());
                let message = format!("{declared} types for {taken} parameters of `{name}`");
                Err(refused(message, span))
            });
            declared.push(FunctionSignature {
                name: name.to_owned(),
                parameters,
                types: types.transpose()?,
                span: offset..offset + name.len(),
            });
        }
    }
    match ast.iter_functions().find(|found| !declared.iter().any(|known| known.name == found.name))
    {
        None => Ok(declared),
        Some(hidden) => Err(GuardError {
            message: format!("`fn {}` must begin a line", hidden.name),
            span: None,
            label: None,
            help: None,
        }),
    }
}

/// Returns the name where a line begins a function.
fn function_name(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("private ").unwrap_or(line).trim_start();
    let rest = rest.strip_prefix("fn ")?.trim_start();
    rest.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).next()
}

/// Reads `(money, integer) -> money`.
fn types_of(
    comment: &str,
    span: &Range<usize>,
) -> Result<(Vec<ParameterType>, ParameterType), GuardError> {
    let shape = || GuardError {
        help: Some("write `// (money, integer) -> money`".to_owned()),
        ..refused("the types of a function cannot be read", span.clone())
    };
    let (parameters, result) = comment.split_once("->").ok_or_else(shape)?;
    let parameters = parameters
        .trim()
        .strip_prefix('(')
        .and_then(|parameters| parameters.strip_suffix(')'))
        .ok_or_else(shape)?;
    let read = |name: &str| {
        ParameterType::from_name(name.trim()).ok_or_else(|| GuardError {
            help: Some("a type is text, integer, number, money, date, yes_no or list".to_owned()),
            ..refused(format!("unknown type `{}`", name.trim()), span.clone())
        })
    };
    let parameters = match parameters.trim() {
        "" => Vec::new(),
        list => list.split(',').map(read).collect::<Result<_, _>>()?,
    };
    Ok((parameters, read(result)?))
}

/// Refuses what a function may not hold.
fn check(node: &ASTNode<'_>, names: &Names, places: &Places<'_>) -> Result<(), GuardError> {
    let refuse = |position: Position, message: &str| Err(refused(message, places.word(position)));
    match node {
        ASTNode::Expr(Expr::FnCall(call, position))
        | ASTNode::Stmt(Stmt::FnCall(call, position)) => check_call(call, *position, names, places),
        ASTNode::Expr(Expr::MethodCall(call, position))
            if call.name.as_str() != "len" || !call.args.is_empty() =>
        {
            refuse(*position, "only `len()` stands after a dot")
        }
        ASTNode::Expr(Expr::InterpolatedString(_, position)) => {
            refuse(*position, "a text holds no `${…}`")
        }
        ASTNode::Expr(Expr::CharConstant(_, position)) => {
            refuse(*position, "a text stands in double quotes")
        }
        ASTNode::Expr(Expr::ThisPtr(position)) => refuse(*position, "`this` has no meaning here"),
        ASTNode::Stmt(Stmt::TryCatch(_, position)) => {
            refuse(*position, "what cannot run is not caught")
        }
        ASTNode::Stmt(Stmt::Return(_, flags, position)) if flags.contains(ASTFlags::BREAK) => {
            refuse(*position, "a function throws nothing")
        }
        ASTNode::Stmt(Stmt::Switch(parts, position)) => {
            check_switch(&parts.0, *position, names, places)
        }
        _ => Ok(()),
    }
}

fn check_call(
    call: &FnCallExpr,
    position: Position,
    names: &Names,
    places: &Places<'_>,
) -> Result<(), GuardError> {
    let name = call.name.as_str();
    let ranges = name.starts_with("..");
    if call.op_token.is_none() && name != "contains" {
        return names.check_call(name, call.args.len(), places.word(position));
    }
    let known = super::operator::Operator::from_sign(name).is_some()
        || matches!(name, "!" | "-" | "contains")
        || ranges;
    if known {
        return Ok(());
    }
    Err(refused(format!("`{name}` is not part of the language"), places.word(position)))
}

/// Refuses a `switch` that might pass over a number: it compares by kind, and 5 and 5.0 are of two kinds.
fn check_switch(
    subject: &Expr,
    position: Position,
    names: &Names,
    places: &Places<'_>,
) -> Result<(), GuardError> {
    let start = places.byte(position);
    let function = names.functions.iter().rev().find(|function| function.span.start <= start);
    let declared = |name: &str| {
        let function = function?;
        let index = function.parameters.iter().position(|parameter| parameter == name)?;
        function.types.as_ref()?.0.get(index).copied()
    };
    match subject {
        Expr::Variable(name, _, _)
            if matches!(
                declared(&name.1),
                Some(ParameterType::Text | ParameterType::YesNo | ParameterType::Integer)
            ) =>
        {
            Ok(())
        }
        _ => Err(GuardError {
            help: Some("use `if` for numbers".to_owned()),
            ..refused(
                "`switch` needs a parameter whose type line says text, yes_no or integer",
                places.word(position),
            )
        }),
    }
}
