//! The subcommands. Each opens what it needs, says what it did, and ends.

mod backup;
mod case;
mod chat;
mod control;
mod county;
mod dialogs;
mod graph;
mod keys;
mod lint;
mod log;
mod menu;
mod privacy;
mod qrcode;
mod schema;
mod serve;
mod shop;
mod staff;
mod start;
mod train;
mod transcripts;
mod understand;
mod work;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// 便民 Bianmin: a county's service counter on WeChat and SMS.
///
/// Without a subcommand it serves. Everything is set in config.toml; the folders data/,
/// county/ and dialogs/ are found from the folder that the program is started in.
#[derive(Debug, Parser)]
#[command(name = "bianmin", version, max_term_width = 100)]
pub struct Cli {
    /// The configuration file. Without it, and without a file of that name, defaults hold.
    #[arg(long, global = true, default_value = "config.toml", value_name = "FILE")]
    pub config: PathBuf,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve: webhooks, the clerk's desk, the trial phone, health
    ///
    /// Listens on the address in config.toml (127.0.0.1:8080). Prints where the trial phone,
    /// the desk and the health page are, and at the very first start the name and the
    /// one-time passwords of the first two people. Ctrl-C or SIGTERM ends it: what runs is
    /// finished first.
    Serve,

    /// Talk with the bot in the terminal, as a villager would
    ///
    /// The same conversation as on WeChat, kept in memory only: nothing is stored, nobody is
    /// written to. A line is a message; /photo, /voice, /location LABEL, /menu KEY, /follow
    /// and /wait MINUTES do the rest; /quit or Ctrl-D ends it.
    Chat(chat::ChatOptions),

    /// Check the dialogs before they go live: 检查对话
    ///
    /// Says every mistake of every file at once: where it is, what is wrong, how to mend it.
    /// Errors (E) must be mended before anything goes live, warnings (W) are to be looked at, hints
    /// (I) are tests that could be added. A warning that is right as it is gets a remark in
    /// the file: # 不查 W301：原因. Every code is explained in docs/lint.md.
    ///
    /// Exit code 0: no error; 1: errors (or warnings, with --deny warnings); 2: the folder
    /// could not be read.
    Lint(lint::LintOptions),

    /// Run the transcripts (测试) that stand in the dialogs: 跑测试
    ///
    /// Shows the first line that differs of each one that fails, what was expected beside what
    /// came, and then how much of the dialogs the transcripts show: questions asked, options
    /// chosen, sentences of 听不懂 heard, commands said.
    ///
    /// Exit code 0: all pass; 1: one fails, or less is shown than --min-coverage asks for;
    /// 2: the dialogs or tables do not load.
    Test(transcripts::TestOptions),

    /// Draw a dialog, or all of them: 把对话画成图
    ///
    /// A picture for one page of A4: from top to bottom what happens, to the side what only
    /// happens under a condition. SVG opens in every browser and prints; Mermaid is for pages
    /// that draw it themselves.
    Graph(graph::GraphOptions),

    /// Write what an editor knows about the dialogs, as JSON Schema: 给编辑器用
    ///
    /// dialogs/对话.schema.json is this, and every file of dialogs/ names it in its first line: an
    /// editor with a YAML language server then proposes keys, explains them and underlines
    /// what is wrong. With --lang en it knows the English keywords.
    Schema(schema::SchemaOptions),

    /// Which version of the dialogs is live, and the way to another: 对话的版本
    ///
    /// With a program that serves it asks that one; otherwise it works on the stored data. A
    /// program that serves takes up what is saved in dialogs/ by itself, when it passes
    /// `bianmin lint` and `bianmin test`; until then what was live stays.
    Dialogs {
        #[command(subcommand)]
        command: dialogs::DialogsCommand,
    },

    /// Which tables and common settings are live, and the way to others: 县里的表和设置
    ///
    /// A program that serves takes up what is saved in county/ by itself, when it loads and fits
    /// the dialogs. What config.toml says of county.name, county.hotline, messages_per_minute,
    /// media_mb, [desk], [outbox], [keep] and [notices] goes live with `publish`; all else in it
    /// needs a restart. Instances that share a database follow within a second.
    County {
        #[command(subcommand)]
        command: county::CountyCommand,
    },

    /// Cases: see them, file one, and all that may be done to one: 事项
    ///
    /// The same as at the desk and by /api/v1, in the name of somebody who signs in there (--as).
    /// With a program that serves it asks that one; otherwise it works on the stored data.
    ///
    /// Exit code 0: done; 1: refused, and why.
    Case {
        #[command(flatten)]
        how: case::How,
        #[command(subcommand)]
        command: Box<case::CaseCommand>,
    },

    /// Notices that call in heads of late departments: 约谈
    ///
    /// As `bianmin case`: in the name of somebody who signs in at the desk (--as).
    Interview {
        #[command(flatten)]
        how: case::How,
        #[command(subcommand)]
        command: work::InterviewCommand,
    },

    /// What only a person can do: 待办
    Task {
        #[command(flatten)]
        how: case::How,
        #[command(subcommand)]
        command: work::TaskCommand,
    },

    /// The yearly notice of days off: 放假安排
    Holidays {
        #[command(flatten)]
        how: case::How,
        #[command(subcommand)]
        command: work::HolidaysCommand,
    },

    /// The shop's goods: 商品
    Shop {
        #[command(subcommand)]
        command: shop::ShopCommand,
    },

    /// The buttons below the official account: 公众号的菜单
    ///
    /// Made from 菜单 of dialogs/_全局.yaml: three columns of up to five.
    Menu {
        #[command(subcommand)]
        command: menu::MenuCommand,
    },

    /// The code that hangs in a village's shop: 村里的二维码
    ///
    /// Who scans it follows the account, and is asked whether her matter is of that village. Prints
    /// where the picture is, a line for each village.
    Qrcode(qrcode::QrcodeOptions),

    /// Show what the bot understands of each line of standard input, as JSON lines
    ///
    /// A pure function of the lines, the county's tables and --now. Without --as: what a whole
    /// message says. With --as: what it says as the answer to a question.
    Understand {
        /// The question that each line answers
        #[arg(long = "as", value_enum)]
        answers: Option<understand::AnswerKind>,
        /// Labels of the menu, for --as menu
        #[arg(long, value_delimiter = ',', value_name = "A,B,C")]
        options: Vec<String>,
        /// The moment that 昨天 is counted from, ISO 8601 with an offset; without it, now
        #[arg(long, value_name = "TIME")]
        now: Option<String>,
    },

    /// Fit the model of kinds of matter from county/examples and from what clerks corrected, and use
    /// it if it is better
    ///
    /// One example of five is held back, always the same ones; the new model replaces the one
    /// in use only if it does better on them.
    Train {
        /// Write the whole confusion matrix of the new model to this CSV file
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
        /// Only say how good it is
        #[arg(long)]
        dry_run: bool,
    },

    /// Add a clerk, give out a new one-time password, list everybody
    Staff {
        #[command(subcommand)]
        command: staff::StaffCommand,
    },

    /// Copy all data to a new folder, while the program serves or while it does not
    ///
    /// The copy is consistent: it holds exactly what was stored at one moment. A running
    /// server is asked through data/control.token to make the copy itself.
    Backup {
        /// A folder that does not exist yet; it is made on the machine that serves.
        folder: PathBuf,
    },

    /// Put a backup in place; refuses when there is data already
    Restore {
        /// A folder that `backup` made.
        folder: PathBuf,
    },

    /// Give disk space back: copies the store into a fresh one. The server must not run
    Compact,

    /// Check that no record was changed: 核对记录
    ///
    /// Every event of every case covers the one before it by its hash, and what was written in
    /// it by a commitment; so does the log of who looked at whom. Names the first thing of each
    /// case that does not agree. Exit code 0: all agree; 1: something does not.
    Verify,

    /// Clear away what was kept long enough: 到期清除
    ///
    /// The days of [keep] in config.toml. It happens every night by itself; statistics stay.
    Retention(privacy::RetentionOptions),

    /// Forget a person: 清除个人信息
    ///
    /// Her name, number, address, words and photos go, her cases stay without them. Refused
    /// while one of them is open.
    Erase(privacy::EraseOptions),

    /// Write all records as JSON lines, to be read or moved to another engine
    Export {
        /// A file that does not exist yet; - is the standard output.
        file: PathBuf,
    },

    /// Read records from JSON lines that `export` wrote, into an empty store
    Import {
        /// - is the standard input.
        file: PathBuf,
    },
}

impl Cli {
    pub async fn run(self) -> anyhow::Result<std::process::ExitCode> {
        let config = &self.config;
        match self.command.unwrap_or(Command::Serve) {
            Command::Serve => serve::run(config).await,
            Command::Chat(options) => chat::run(config, &options).await,
            Command::Dialogs { command } => dialogs::run(config, command).await,
            Command::County { command } => county::run(config, command).await,
            Command::Menu { command } => menu::run(config, command).await,
            Command::Qrcode(options) => qrcode::run(config, options).await,
            Command::Graph(options) => graph::run(config, &options),
            Command::Lint(options) => lint::run(config, &options),
            Command::Schema(options) => schema::run(&options),
            Command::Test(options) => transcripts::run(config, &options),
            Command::Understand { answers, options, now } => {
                understand::run(config, answers, &options, now.as_deref())
            }
            Command::Train { report, dry_run } => train::run(config, report, dry_run).await,
            Command::Case { how, command } => case::run(config, how, *command).await,
            Command::Interview { how, command } => work::run(config, how, command.order()).await,
            Command::Task { how, command } => work::run(config, how, command.order()).await,
            Command::Holidays { how, command } => work::run(config, how, command.order()?).await,
            Command::Shop { command } => shop::run(config, command).await,
            Command::Staff { command } => staff::run(config, command).await,
            Command::Verify => privacy::run(config, privacy::Order::Verify).await,
            Command::Retention(options) => {
                privacy::run(config, privacy::Order::Retention(options)).await
            }
            Command::Erase(options) => privacy::run(config, privacy::Order::Erase(options)).await,
            Command::Backup { folder } => backup::backup(config, &folder).await,
            Command::Restore { folder } => backup::restore(config, &folder).await,
            Command::Compact => backup::compact(config).await,
            Command::Export { file } => backup::export(config, &file).await,
            Command::Import { file } => backup::import(config, &file).await,
        }
    }
}
