//! Completing the description of the interface: what follows from the gate and the conventions is added here, once.
//!
//! Invariant: every answer a route may give is declared: refusals follow from what the route asks and takes, so no
//! handler lists them by hand. Leaves out: what the handlers say themselves (their own answers and bodies).

use documents::import::Kind;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, Content, Header, OpenApi, Ref, RefOr, Required, Response, ResponseBuilder, Schema,
};

use super::idempotency::is_secret;
use crate::auth::Access;
use crate::auth::access::Row;
use crate::services::exports::File;

const PROBLEM: &str = "Problem";
const BEARER: &str = "bearer";
const MEDIA: &str = "application/problem+json";

fn text(description: &str) -> Schema {
    let object = ObjectBuilder::new().schema_type(Type::String);
    Schema::Object(object.description(Some(description)).build())
}

fn number(description: &str) -> Schema {
    let object = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Integer));
    Schema::Object(object.description(Some(description)).build())
}

/// RFC 9457, as `protocol::problem::Problem`.
fn problem() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("Why something was refused (RFC 9457)"))
        .property("type", text("`urn:guanmo:problem:` and the code"))
        .property("title", text("For people, by Accept-Language"))
        .property("status", number("HTTP status"))
        .property("code", text("Stable code"))
        .property("detail", text("What exactly"))
        .property("request_id", text("Names the request in the server's log"))
        .required("type")
        .required("title")
        .required("status")
        .required("code")
        .build()
}

fn refusal(status: &str, what: &str) -> RefOr<Response> {
    let content = Content::new(Some(Ref::from_schema_name(PROBLEM)));
    let mut response = ResponseBuilder::new().description(what);
    if ["429", "503"].contains(&status) {
        let mut after = Header::new(number("Seconds after which to come back"));
        after.description = Some("When to come back".to_owned());
        response = response.header("Retry-After", after);
    }
    RefOr::T(response.content(MEDIA, content).build())
}

/// Says where an answer carries its tag: wherever `304` may come instead, and after an edit of what was read.
fn tagged(op: &mut Operation, conditional: bool) {
    let answers = &mut op.responses.responses;
    if !conditional && !answers.contains_key("304") {
        return;
    }
    for status in ["200", "201", "304"] {
        if let Some(RefOr::T(said)) = answers.get_mut(status) {
            let mut tag = Header::new(text("Strong tag of the answer"));
            tag.description = Some("For If-None-Match and If-Match".to_owned());
            said.headers.insert("ETag".to_owned(), tag.into());
        }
    }
}

fn is_conditional(op: &Operation) -> bool {
    let mut parameters = op.parameters.iter().flatten();
    parameters.any(|p| matches!(p, RefOr::T(p) if p.name == "If-Match"))
}

fn operation<'a>(item: &'a mut PathItem, method: &str) -> Option<&'a mut Operation> {
    match method {
        "GET" => item.get.as_mut(),
        "POST" => item.post.as_mut(),
        "PUT" => item.put.as_mut(),
        "PATCH" => item.patch.as_mut(),
        "DELETE" => item.delete.as_mut(),
        _ => None,
    }
}

fn header(name: &str, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(text(description)))
        .build()
}

fn campaign() -> Parameter {
    let id = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::Custom("uuid".to_owned())));
    ParameterBuilder::new()
        .name("campaign")
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some("The campaign; left out: the current one"))
        .schema(Some(Schema::Object(id.build())))
        .build()
}

/// The refusals a route may answer with.
fn refusals(row: &Row, op: &Operation) -> Vec<(&'static str, &'static str)> {
    let conditional = is_conditional(op);
    let writes = row.method != "GET";
    let gated = matches!(row.access, Access::SignedIn | Access::May(_));
    let mut list = vec![("400", "The request cannot be read")];
    if gated || writes {
        list.push((
            "401",
            "Not signed in, or name, password or signature is wrong",
        ));
        list.push(("403", "No right to do this"));
    }
    if gated || row.path.contains('{') {
        list.push(("404", "Not found, out of reach, or no campaign yet"));
    }
    if writes {
        list.push((
            "409",
            "It changed meanwhile, or its state does not allow it",
        ));
        list.push(("413", "Too large"));
        list.push(("415", "Another media type is needed"));
        list.push((
            "422",
            "The content does not fit; a reason is missing; key used for another request",
        ));
    }
    if op.tags.iter().flatten().any(|t| t == "ranking") {
        list.push(("409", "No group is locked yet"));
    }
    if conditional {
        list.push(("412", "It changed since it was read"));
        list.push(("428", "If-Match is missing"));
    }
    if row.access == Access::Phone {
        list.push(("426", "The phone's version is too old"));
    }
    list.push(("429", "Too many; see Retry-After"));
    list.push(("503", "Busy; see Retry-After"));
    list
}

/// The words a part of the path may be.
fn choices(path: &str) -> Option<(&'static str, Vec<String>)> {
    let kinds = || Kind::ALL.iter().map(|k| k.word().to_owned());
    match path {
        "/api/v1/exports/{file}" => Some(("file", File::names())),
        "/api/v1/imports/{kind}" => Some(("kind", kinds().collect())),
        "/api/v1/templates/{file}" => Some(("file", kinds().map(|k| k + ".xlsx").collect())),
        _ => None,
    }
}

fn name_choices(op: &mut Operation, name: &str, words: Vec<String>) {
    for parameter in op.parameters.iter_mut().flatten() {
        if let RefOr::T(p) = parameter
            && p.name == name
        {
            let object = ObjectBuilder::new().schema_type(Type::String);
            let object = object.enum_values(Some(words.clone())).build();
            p.schema = Some(RefOr::T(Schema::Object(object)));
        }
    }
}

fn complete(row: &Row, op: &mut Operation) {
    if let Some((name, words)) = choices(&row.path) {
        name_choices(op, name, words);
    }
    for (status, what) in refusals(row, op) {
        let known = &mut op.responses.responses;
        let fresh = || refusal(status, what);
        known.entry(status.to_owned()).or_insert_with(fresh);
    }
    // A handler may say better what it means; the form of a refusal is always the same.
    let said = op.responses.responses.iter_mut();
    for (_, said) in said.filter(|(status, _)| status.as_str() >= "400") {
        if let RefOr::T(said) = said {
            let problem = || Content::new(Some(Ref::from_schema_name(PROBLEM))).into();
            said.content.entry(MEDIA.to_owned()).or_insert_with(problem);
        }
    }
    let conditional = is_conditional(op);
    tagged(op, conditional);
    let parameters = op.parameters.get_or_insert_default();
    match row.access {
        Access::Open | Access::Phone => op.security = Some(Vec::new()),
        Access::SignedIn | Access::May(_) => {
            let bearer = SecurityRequirement::new(BEARER, Vec::<String>::new());
            op.security = Some(vec![bearer]);
            parameters.push(RefOr::T(campaign()));
            if row.method != "GET" && !is_secret(row.access) {
                let what = "1–100 visible ASCII characters; the request is done once for it";
                parameters.push(RefOr::T(header("Idempotency-Key", what)));
            }
        }
    }
    if parameters.is_empty() {
        op.parameters = None;
    }
}

/// Adds security, conventions and refusals to what the handlers said.
pub fn describe(mut api: OpenApi, rows: &[Row]) -> OpenApi {
    for row in rows {
        let item = api.paths.paths.get_mut(&row.path);
        if let Some(op) = item.and_then(|i| operation(i, row.method)) {
            complete(row, op);
        }
    }
    let components = api.components.get_or_insert_with(Components::new);
    let schema = RefOr::T(Schema::Object(problem()));
    components.schemas.insert(PROBLEM.to_owned(), schema);
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.add_security_scheme(BEARER, bearer);
    api
}
