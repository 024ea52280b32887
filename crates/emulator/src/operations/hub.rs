//! The operations on the public hub.

use serde_json::{Map, Value, json};

use crate::error::ApiError;
use crate::hub::catalogue::{CREATED, Hub, NAME, NOTE, ORIGINALLY_CREATED, SCHEMA};
use crate::hub::document;
use crate::hub::model::{Edition, Model, Version};
use crate::operations::call::Call;
use crate::operations::lists::{self, Window};
use crate::operations::paging::{Cut, Item, Page, SortKey};

/// `DescribeHub`.
pub fn describe(call: &Call<'_>) -> Result<Value, ApiError> {
    named(call)?;
    Ok(json!({
        "HubName": NAME,
        "HubArn": arn(call, "hub", ""),
        "HubDisplayName": NAME,
        "HubDescription": NOTE,
        "HubStatus": "InService",
        "CreationTime": ORIGINALLY_CREATED,
        "LastModifiedTime": CREATED,
    }))
}

/// `DescribeHubContent`.
pub fn describe_content(hub: &Hub, call: &Call<'_>) -> Result<Value, ApiError> {
    named(call)?;
    let model = model(hub, call)?;
    let found = match call.optional("HubContentVersion") {
        None => latest(model, call),
        Some(wanted) => editions(model, call).find(|(_, version, _)| version.to_string() == wanted),
    };
    let (_, version, edition) = found.ok_or_else(|| no_content(call))?;
    let mut content = info(model, version, edition, call);
    content.remove("OriginalCreationTime");
    content.insert("HubName".to_owned(), json!(NAME));
    content.insert("HubArn".to_owned(), json!(arn(call, "hub", "")));
    content.insert("HubContentMarkdown".to_owned(), json!(""));
    content.insert("HubContentDependencies".to_owned(), json!([]));
    content.insert("HubContentDocument".to_owned(), json!(model.document_text(edition, call.region)));
    Ok(Value::Object(content))
}

/// `ListHubContents`: the latest version of each model.
pub fn list(hub: &Hub, call: &Call<'_>) -> Result<Value, ApiError> {
    named(call)?;
    let contains = call.optional("NameContains").map(str::to_lowercase);
    let meant = |model: &&Model| contains.as_ref().is_none_or(|part| model.id.to_lowercase().contains(part));
    answer(hub.models().filter(meant).filter_map(|model| latest(model, call)).collect(), call)
}

/// `ListHubContentVersions`.
pub fn versions(hub: &Hub, call: &Call<'_>) -> Result<Value, ApiError> {
    named(call)?;
    let model = model(hub, call)?;
    let min = call.optional("MinVersion").and_then(Version::parse);
    let versions = editions(model, call).filter(|(_, version, _)| min.as_ref().is_none_or(|min| *version >= min));
    answer(versions.collect(), call)
}

fn model<'a>(hub: &'a Hub, call: &Call<'_>) -> Result<&'a Model, ApiError> {
    hub.get(call.text("HubContentName"))
        .filter(|_| call.text("HubContentType") == "Model")
        .ok_or_else(|| no_content(call))
}

fn named(call: &Call<'_>) -> Result<(), ApiError> {
    let name = call.text("HubName");
    let name = name.rsplit('/').next().unwrap_or(name);
    if name == NAME { Ok(()) } else { Err(ApiError::not_found(format!("Hub with name {name} does not exist."))) }
}

fn no_content(call: &Call<'_>) -> ApiError {
    let version =
        call.optional("HubContentVersion").map(|version| format!(" and version {version}")).unwrap_or_default();
    let (kind, name) = (call.text("HubContentType"), call.text("HubContentName"));
    ApiError::not_found(format!("Hub content with type {kind}, name {name}{version} does not exist in hub {NAME}."))
}

/// One entry of a list.
type Listing<'a> = (&'a Model, &'a Version, &'a Edition);

/// The versions that exist at the time of the call, oldest first.
fn editions<'a>(model: &'a Model, call: &Call<'_>) -> impl DoubleEndedIterator<Item = Listing<'a>> {
    model.editions_at(call.now.seconds()).map(move |(version, edition)| (model, version, edition))
}

fn latest<'a>(model: &'a Model, call: &Call<'_>) -> Option<Listing<'a>> {
    editions(model, call).next_back()
}

fn answer(contents: Vec<Listing<'_>>, call: &Call<'_>) -> Result<Value, ApiError> {
    let window = Window::of(call, "CreationTime");
    let models = call.text("HubContentType") == "Model";
    let listed = contents.into_iter().filter(|(_, _, edition)| models && window.holds(edition.created));
    let items = listed.map(|(model, version, edition)| Item {
        key: match call.optional("SortBy") {
            Some("CreationTime") => SortKey::Number(edition.created),
            // All of them have the same status.
            Some("HubContentStatus") => SortKey::Missing(()),
            _ => SortKey::Text(model.id.clone()),
        },
        name: format!("{} {}", model.id, version.sort_key()),
        value: Value::Object(info(model, version, edition, call)),
    });
    let page: Page<Value> = Cut::of(call.operation, call.request, 10, false).page(items.collect())?;
    Ok(lists::answer("HubContentSummaries", page))
}

fn arn(call: &Call<'_>, kind: &str, rest: &str) -> String {
    format!("arn:{}:sagemaker:{}:aws:{kind}/{NAME}{rest}", call.place().partition(), call.region)
}

fn info(model: &Model, version: &Version, edition: &Edition, call: &Call<'_>) -> Map<String, Value> {
    let id = &model.id;
    let (framework, task) = document::framework_and_task(id);
    let value = json!({
        "HubContentName": id,
        "HubContentArn": arn(call, "hub-content", &format!("/Model/{id}/{version}")),
        "HubContentVersion": version.to_string(),
        "HubContentType": "Model",
        "DocumentSchemaVersion": SCHEMA,
        "HubContentDisplayName": id,
        "HubContentDescription": NOTE,
        "SupportStatus": edition.support.as_str(),
        "HubContentSearchKeywords": [
            format!("@task:{task}"),
            format!("@framework:{framework}"),
            format!("@provider:{}", document::provider(id)),
            "@model-type:open-weights",
        ],
        "HubContentStatus": "Available",
        "CreationTime": edition.created,
        "OriginalCreationTime": edition.created.min(ORIGINALLY_CREATED),
    });
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
