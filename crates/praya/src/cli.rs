//! The command line.

use crate::{Error, config, demo, tools, verify};
use clap::{Parser, Subcommand};
use std::{net::SocketAddr, path::PathBuf};

/// A digital government in one program.
#[derive(Parser)]
#[command(
    version,
    about,
    after_help = "Try it:\n  praya demo                     a made-up Hong Kong on http://localhost:8080\n  praya verify receipt.json      check a receipt offline\n  praya serve --config praya.toml"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The Hong Kong pack with made-up people, companies and records, and the demo bank beside it.
    Demo(demo::Options),
    /// The real thing; refuses to start on an insecure setting.
    Serve {
        /// The configuration file; each setting can be overridden by `PRAYA_…`.
        #[arg(long, default_value = "praya.toml")]
        config: PathBuf,
        /// Show the settings and where each came from, and stop.
        #[arg(long)]
        print_config: bool,
    },
    /// Checks the definitions of a pack; every mistake with file, line and what to do.
    Check {
        /// The pack's folder.
        pack: PathBuf,
    },
    /// Checks a receipt, a signed answer or a signed PDF offline, or every record of a database against its log.
    #[command(
        after_help = "Examples:\n  praya verify receipt.json\n  praya verify contract.pdf --trust ca.pem --crl ca.crl\n  praya verify answer.jws --jwks jwks.json --log-key 'localhost+1a2b3c4d+AQ…'\n  praya verify --data praya-data"
    )]
    Verify(verify::Options),
    /// Brings a database up to date.
    Migrate(tools::Database),
    /// Writes a consistent copy of an SQLite database.
    Backup {
        #[command(flatten)]
        database: tools::Database,
        /// The file to write; it must not exist.
        to: PathBuf,
    },
    /// Puts a copy made by `backup` in place of a database, after checking it against its log.
    Restore {
        #[command(flatten)]
        database: tools::Database,
        /// The copy.
        from: PathBuf,
        /// The log's public key, where no `log.vkey` lies in the data folder.
        #[arg(long)]
        log_key: Option<String>,
    },
    /// After a restore: says how far the database may be trusted, so that it issues again.
    Trust {
        #[command(flatten)]
        config: tools::ConfigFile,
        /// How many entries its log had when it was restored.
        #[arg(long)]
        log_size: i64,
    },
    /// Gives the embedded or published definitions back, byte for byte.
    Export {
        /// The folder to write; it must not exist.
        to: PathBuf,
    },
    /// Rotates the keys that sign tokens and answers; makes the authorities behind signatures on documents.
    Keys {
        #[command(subcommand)]
        command: tools::Keys,
    },
    /// Registers, stops and starts OAuth clients.
    Client {
        #[command(subcommand)]
        command: tools::Client,
    },
    /// Asks every source of a pack whether it answers.
    Source {
        #[command(flatten)]
        config: tools::ConfigFile,
    },
    /// Makes the first accounts.
    Admin {
        #[command(subcommand)]
        command: tools::Admin,
    },
    /// Prints every route that `serve` has, with its audience.
    #[command(hide = true)]
    Routes,
    /// Fills a data folder for the benchmark: consents, tokens, records.
    #[command(hide = true)]
    BenchData(demo::BenchOptions),
    /// Fills a data folder for the benchmark of identity: clients, sessions, people.
    #[command(hide = true)]
    BenchIdentity(demo::IdentityOptions),
}

/// Runs a command.
pub async fn run(cli: Cli) -> Result<(), Error> {
    match cli.command {
        Command::Demo(options) => demo::run(options).await,
        Command::Serve { config, print_config } => config::serve(&config, print_config).await,
        Command::Check { pack } => tools::check(&pack),
        Command::Verify(options) => verify::run(options).await,
        Command::Migrate(database) => tools::migrate(&database).await,
        Command::Backup { database, to } => tools::backup(&database, &to).await,
        Command::Restore { database, from, log_key } => {
            tools::restore(&database, &from, log_key.as_deref()).await
        }
        Command::Trust { config, log_size } => tools::trust(&config, log_size).await,
        Command::Export { to } => tools::export(&to),
        Command::Keys { command } => tools::keys(command).await,
        Command::Client { command } => tools::client(command).await,
        Command::Source { config } => tools::source(&config).await,
        Command::Admin { command } => tools::admin(command).await,
        Command::Routes => tools::routes().await,
        Command::BenchData(options) => demo::bench_data(options).await,
        Command::BenchIdentity(options) => demo::bench_identity(options).await,
    }
}

/// The default address of the demo.
pub(crate) const DEMO: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
