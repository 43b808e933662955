//! Programmes: deploying and checking definitions, and what clients need to know of them.

mod check;
mod definition;
mod deploy;
mod form;
mod list;
mod report;
mod show;

use annona_definitions::programme::ProgrammeId;
use annona_engine::store::Definition;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;
use super::problem::Problem;
use super::seen::language;
use super::shape::instant;
use crate::auth::{Action, Principal, may};

/// How many reports are made at once.
pub(super) const REPORTS_AT_ONCE: usize = 2;

/// Returns the routes of this resource.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list, deploy::deploy))
        .routes(routes!(check::check))
        .routes(routes!(show::show))
        .routes(routes!(definition::definition))
        .routes(routes!(form::form))
        .routes(routes!(report::report))
}

/// A programme as its newest definition has it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Programme)]
struct Shape {
    /// Its name in addresses.
    #[schema(example = "urgent-surgery")]
    id: String,
    /// In the language of whoever asks, as far as it has it.
    title: String,
    /// In the same language.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// BCP 47 tags; the first is the fallback.
    languages: Vec<String>,
    /// ISO 4217.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// The pipeline, in order.
    stages: Vec<Stage>,
    /// The number of the definition, from 1.
    number: u32,
    /// SHA-256 of the definition.
    digest: String,
    /// When it was deployed.
    deployed_at: String,
}

/// A stage of the pipeline.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgrammeStage)]
struct Stage {
    /// Its name.
    #[serde(rename = "stage")]
    id: String,
    /// In the same language as the programme's title.
    title: String,
    /// The role that works it.
    role: String,
}

impl App {
    /// Returns the definitions of a programme, the newest first, if somebody may see the programme.
    async fn definitions_for(
        &self,
        principal: &Principal,
        programme: &ProgrammeId,
    ) -> Result<Vec<Definition>, Problem> {
        may(principal, Action::ReadProgramme(programme))?;
        let definitions = self.0.engine.store().definitions(Some(programme.as_str())).await?;
        if definitions.is_empty() { Err(Problem::not_found()) } else { Ok(definitions) }
    }

    /// Returns a deployed definition in words.
    async fn programme_shape(
        &self,
        principal: &Principal,
        deployed: &Definition,
    ) -> Result<Shape, Problem> {
        let programme = self.0.engine.programme(deployed.digest).await?;
        let (language, fallback) = (language(principal, &programme), programme.fallback_language());
        let text =
            |text: &annona_definitions::text::Text| text.in_language(language, fallback).to_owned();
        let stages = programme.stages.iter().map(|stage| Stage {
            id: stage.id.as_str().to_owned(),
            title: text(&stage.title),
            role: stage.role.as_str().to_owned(),
        });
        Ok(Shape {
            id: deployed.programme.clone(),
            title: text(&programme.title),
            description: programme.description.as_ref().map(text),
            languages: programme.languages.clone(),
            currency: programme.currency.map(|currency| currency.code().to_owned()),
            stages: stages.collect(),
            number: deployed.number,
            digest: deployed.digest.to_string(),
            deployed_at: instant(deployed.deployed_at),
        })
    }
}
