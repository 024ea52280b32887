//! Selections that this release cannot read, since a newer one wrote them. They are reported by name and not changed.
//! For a deleted one, only the fields for its cleanup are parsed: otherwise its finalizer would keep it forever.

use kube::runtime::watcher::Event;
use serde_json::json;

use super::context::Context;
use api::ModelSelection;
use store::{Unreadable, Watched};

/// The event, if its object can be read.
pub(super) fn only_readable(context: &Context, event: Event<Watched>) -> Option<Event<ModelSelection>> {
    match event {
        Event::Init => Some(Event::Init),
        Event::InitDone => Some(Event::InitDone),
        Event::InitApply(object) => read(context, object).map(Event::InitApply),
        Event::Apply(object) => read(context, object).map(Event::Apply),
        Event::Delete(object) => {
            // Its state is dropped, whether or not its last version can be read.
            let object = object.read().or_else(|unread| for_cleanup(&unread).ok_or(())).ok()?;
            context.note_readable(&object.metadata);
            Some(Event::Delete(object))
        }
    }
}

/// The event, if its object can be read, for read-only use.
pub(super) fn readable_for_display(event: Event<Watched>) -> Option<Event<ModelSelection>> {
    match event {
        Event::Init => Some(Event::Init),
        Event::InitDone => Some(Event::InitDone),
        Event::InitApply(object) => object.read().ok().map(Event::InitApply),
        Event::Apply(object) => object.read().ok().map(Event::Apply),
        Event::Delete(object) => object.read().ok().map(Event::Delete),
    }
}

fn read(context: &Context, object: Watched) -> Option<ModelSelection> {
    match object.read() {
        Ok(selection) => {
            context.note_readable(&selection.metadata);
            Some(selection)
        }
        Err(unreadable) => {
            let Unreadable { metadata, error, .. } = &*unreadable;
            context.note_unreadable(metadata, error);
            metadata.deletion_timestamp.as_ref()?;
            for_cleanup(&unreadable)
        }
    }
}

/// The fields for the cleanup of a deleted selection: policy, region and `rerun`. Its jobs are found by their tags.
/// `None` if this release does not know its policy.
fn for_cleanup(Unreadable { metadata, spec, status, .. }: &Unreadable) -> Option<ModelSelection> {
    let mut read = json!({
        "apiVersion": "modelselection.dev/v1alpha1",
        "kind": "ModelSelection",
        "metadata": metadata,
        "spec": {
            "executionRoleARN": "",
            "objectives": [],
            "datasets": [],
            "tuning": {"objective": {"metric": "", "goal": "Maximize"}},
            "training": {"instanceType": "", "outputS3URI": ""},
        },
        "status": {},
    });
    for (part, from, fields) in
        [("spec", spec, &["deletionPolicy", "region", "rerun"][..]), ("status", status, &["region", "rerun"])]
    {
        for field in fields {
            if let Some(value) = from.get(field) {
                read[part][field] = value.clone();
            }
        }
    }
    serde_json::from_value(read).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::DeletionPolicy;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

    #[test]
    fn a_deleted_selection_is_read_as_far_as_its_cleanup_needs() {
        let read = |policy: &str| {
            for_cleanup(&Unreadable {
                metadata: ObjectMeta { name: Some("a".to_owned()), ..ObjectMeta::default() },
                error: "newer".to_owned(),
                spec: json!({"deletionPolicy": policy, "region": "eu-west-1", "tuning": "newer"}),
                status: json!({"rerun": "again", "runs": [{"state": "Paused"}]}),
            })
        };
        let selection = read("Retain").unwrap();
        let spec = &selection.spec;
        assert_eq!((spec.deletion_policy, spec.region.as_deref()), (DeletionPolicy::Retain, Some("eu-west-1")));
        assert_eq!(
            (selection.metadata.name.as_deref(), selection.status.unwrap().rerun.as_str()),
            (Some("a"), "again")
        );
        assert!(read("Newer").is_none(), "whether its jobs are to be stopped is not known");
    }
}
