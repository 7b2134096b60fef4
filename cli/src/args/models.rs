//! What the commands take that are about models.

use clap::{Args, Subcommand};

use super::{CommonArgs, Form};

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// List the models that are configured, and those that each provider says it has.
    List(ListModelsArgs),
    /// Ask a model a few small things, and say what it can do and what to put into the configuration.
    Test(TestModelArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ListModelsArgs {
    /// Ask this provider alone. Default: all that have a key or need none.
    #[arg(long, value_name = "NAME")]
    pub(crate) provider: Option<String>,

    /// Form of the output.
    #[arg(long, short, value_enum, default_value_t = Form::Text)]
    pub(crate) output: Form,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TestModelArgs {
    /// The model: a name under `[models]`, or `provider/model`. Default: the configured one.
    #[arg(value_name = "MODEL")]
    pub(crate) name: Option<String>,

    /// Form of the output.
    #[arg(long, short, value_enum, default_value_t = Form::Text)]
    pub(crate) output: Form,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}
