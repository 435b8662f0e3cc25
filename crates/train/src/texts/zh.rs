//! Chinese, in simplified characters.

use std::fmt::Write as _;

use edge502_rules::{Cause, Phase};
use edge502_scenario::Level;

use super::{Language, Opening, Terminal, Texts};
use crate::{Check, Evidence, FULL, Hint, Refusal, Track, Verdict};

pub(super) const TEXTS: Texts = Texts {
    language: Language::Chinese,
    track,
    level,
    cause,
    hint,
    right,
    wrong,
    verdict,
    seen,
    refusal,
    solved,
    terminal: TERMINAL,
};

const fn track(track: Track) -> &'static str {
    match track {
        Track::Certificates => "证书",
        Track::Chains => "证书链",
        Track::Names => "域名与 SNI",
        Track::Protocols => "协议",
        Track::Network => "DNS 与网络",
        Track::Timeouts => "超时",
        Track::Whose => "谁返回的 502？",
    }
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Starter => "入门",
        Level::Intermediate => "进阶",
        Level::Expert => "专家",
    }
}

#[allow(clippy::too_many_lines, reason = "a table, one entry a cause")]
const fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::DnsNoSuchName => "源站的域名不存在",
        Cause::DnsNoAddress => "源站的域名没有所需类型的地址记录",
        Cause::DnsServerFailure => "源站的域名服务器返回错误",
        Cause::DnsTimeout => "源站的域名服务器没有及时应答",
        Cause::ConnectionRefused => "源站端口上没有服务接受连接",
        Cause::ConnectionTimeout => "源站对连接请求没有回应",
        Cause::ConnectionReset => "源站重置了连接",
        Cause::NotTls => "源站的 HTTPS 端口不使用 TLS",
        Cause::HandshakeClosed => "源站在 TLS 握手过程中关闭了连接",
        Cause::HandshakeTimeout => "源站在 TLS 握手过程中停止响应",
        Cause::ProtocolMismatch => "双方没有共同支持的协议版本",
        Cause::CipherMismatch => "双方没有共同支持的密码套件",
        Cause::CurveMismatch => "双方没有共同支持的椭圆曲线",
        Cause::SniRefused => "源站没有与所请求名称对应的证书",
        Cause::ClientCertificateRequired => "源站要求客户端证书，但没有配置",
        Cause::ClientCertificateRejected => "源站拒绝了客户端证书",
        Cause::CertificateExpired => "源站的证书已过期",
        Cause::CertificateNotYetValid => "源站的证书尚未生效",
        Cause::CertificateSelfSigned => "源站的证书是自签名的",
        Cause::CertificateUntrustedCa => "证书链的终点是 CloudFront 不信任的颁发机构",
        Cause::CertificateNameMismatch => "证书上的名称与所请求的名称不符",
        Cause::CertificateWrongPurpose => "证书不能用于 TLS 服务器",
        Cause::CertificateUnsupportedKey => "CloudFront 不支持证书密钥的类型或长度",
        Cause::CertificateKeyMismatch => "私钥与证书不匹配",
        Cause::CertificateInvalid => "证书已损坏，或含有无法满足的要求",
        Cause::ChainIncomplete => "源站没有发送全部中间证书",
        Cause::ChainOutOfOrder => "证书发送的顺序不正确",
        Cause::ChainLeafNotFirst => "发送的第一张证书不是源站自己的证书",
        Cause::ChainIntermediateExpired => "所需的中间证书不在有效期内",
        Cause::ChainTooLong => "发送的证书过多，超出可读取的数量",
        Cause::ChainConstraintViolated => "证书链中有证书违反了自身或上级证书设定的约束",
        Cause::ConnectionClosedEarly => "源站未作响应就关闭了连接",
        Cause::ResponseTimeout => "源站没有及时响应",
        Cause::ResponseMalformed => "源站的响应不是有效的 HTTP",
        Cause::ResponseHeadersTooLarge => "响应标头超过 CloudFront 的上限",
        Cause::ResponseTruncated => "响应尚未完整就中断了",
        Cause::LambdaResponseInvalid => "Lambda@Edge 函数返回的对象未通过校验",
        Cause::LambdaExecutionFailed => "Lambda@Edge 函数执行失败或达到限制",
        Cause::FunctionResponseInvalid => "CloudFront Functions 函数返回的值未通过校验",
        Cause::FunctionExecutionFailed => "CloudFront Functions 函数执行失败或达到限制",
        Cause::OriginErrorRelayed => "错误来自源站本身，CloudFront 只是转发",
    }
}

fn hint(hint: &Hint) -> String {
    match hint {
        Hint::Look(phase) => look(*phase).to_owned(),
        Hint::Evidence(evidence) => found(evidence),
        Hint::Background(cause) => format!("{}。\n{}", self::cause(*cause), cause.explanation()),
    }
}

const fn look(phase: Phase) -> &'static str {
    match phase {
        Phase::Resolve => "先看域名。用 dig 向每台域名服务器查询源站的域名：没有地址，就没有可连接的对象。",
        Phase::Connect => {
            "域名可以解析。看看连接该地址和端口时 TCP 的结果如何，并与分配中设置的端口比较：\
             被拒绝、被重置和毫无回应是三种不同的故障。"
        }
        Phase::Handshake => {
            "连接可以建立。用 openssl s_client 观察 TLS 握手：停在哪一步，由谁中止，此前双方各自提供了什么。\
             也许自始至终都没有发送过证书。"
        }
        Phase::Certificate => {
            "已收到证书。查看第一张：有效期、名称、颁发者、用途、密钥、签名。名称必须是 CloudFront 所请求的名称。"
        }
        Phase::Chain => {
            "数一数源站发送的证书，按顺序查看：每张之后都应是其颁发者的证书，直至受信任的根证书。\
             您的机器会自动补上的证书，CloudFront 并没有。"
        }
        Phase::Exchange => "握手没有问题。用 curl 直接请求源站，逐字节查看返回的内容以及返回的时间。",
        Phase::EdgeFunction => "先看源站是否收到过请求。在请求源站前后都会运行边缘代码，其返回值必须符合规则。",
        Phase::BehindOrigin => {
            "连接和响应都没有问题。请查明错误由谁产生：查看 Server 标头和页面，并与 CloudFront 自己的页面比较。"
        }
    }
}

fn found(evidence: &Evidence) -> String {
    let mut text = String::new();
    if let Some(log) = &evidence.log {
        let _ = writeln!(text, "日志中的 x-edge-detailed-result-type 为 {log}。");
    }
    for line in &evidence.openssl {
        let _ = writeln!(text, "openssl s_client 显示：{line}");
    }
    for (index, lines) in evidence.dig.iter().enumerate() {
        let said = if lines.is_empty() { "（无）".to_owned() } else { lines.join(", ") };
        let _ = writeln!(text, "dig +short 在第 {} 台域名服务器上显示：{said}", index + 1);
    }
    if let Some(trap) = &evidence.trap {
        let _ = writeln!(text, "注意：{trap}");
    }
    if text.is_empty() {
        text.push_str("日志、openssl s_client 和 dig 均无异常。这本身也是线索：请到别处查找。\n");
    }
    text.truncate(text.trim_end().len());
    text
}

const fn right(cured: bool) -> &'static str {
    if cured { "正确。" } else { "正确。现在请修复它。" }
}

fn wrong(cause: Cause, cost: u32) -> String {
    format!("不对：“{}”不是这里的原因。扣 {cost} 分。", self::cause(cause))
}

const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Cured => "已修复：访问者可以正常访问网站。",
        Verdict::Fails => "未修复：访问者看到错误。",
        Verdict::ComesAndGoes => "未修复：有些访问者能正常访问，有些看到错误。",
        Verdict::OnlyLooksGood => "未修复：状态码正常，但日志记录为错误。响应不完整，或由其他内容代替。",
        Verdict::NotFromOrigin => "未修复：状态码正常，但这一响应并非来自源站，而是由边缘代为应答。",
        Verdict::InClear => {
            "可以访问，但有代价：CloudFront 与源站之间没有加密，传输途中可以读取 Cookie 和 Authorization。"
        }
    }
}

fn seen(check: &Check) -> String {
    let statuses: Vec<String> = check.statuses.iter().map(ToString::to_string).collect();
    let mut text =
        format!("状态码 {}，日志 {} / {}", statuses.join(" "), check.result_type, check.detailed_result_type);
    if let Some(age) = check.age {
        let _ = write!(text, "，Age {age}：来自缓存，没有请求源站");
    }
    text
}

fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Over => "本练习已结束。".to_owned(),
        Refusal::TimeIsUp => "时间已到。".to_owned(),
        Refusal::NoMoreHints { allowed: 0 } => "本练习不提供提示。".to_owned(),
        Refusal::NoMoreHints { allowed } => format!("没有更多提示了：{allowed} 条已全部给出。"),
        Refusal::NotAChoice => "这不在可选的原因之中。".to_owned(),
        Refusal::RuledOut => "您已选过这一项；它不是原因。".to_owned(),
        Refusal::AlreadyRight => "您已经找到了原因。".to_owned(),
        Refusal::NoSuchRemedy { count } => format!("没有这个编号的办法；可选编号为 1 至 {count}。"),
    }
}

fn solved(score: u32) -> String {
    format!("已解决，得 {score} 分（满分 {FULL} 分）。")
}

const TERMINAL: Terminal = Terminal {
    menu_help: MENU_HELP,
    menu: "练习，由入门到专家：",
    back_in_menu: "已回到菜单：`next`、`list`、`help`。",
    open_first: "请先打开一个练习：输入 `next`，或 `open` 加练习名称。",
    of_track: |solved, count| format!("已解决 {solved:>3} / {count:>3}"),
    solved: "已解决",
    unsolved: "未解决",
    total: |points| format!("共 {points} 分"),
    kept: |points, best| format!("已保存：本次 {points} 分，最佳 {best} 分。"),
    opening,
    place: |place, count, minutes| {
        let time = minutes.map_or_else(String::new, |minutes| format!("，限时 {minutes} 分钟"));
        format!("第 {place} 个，共 {count} 个{time}")
    },
    sheet: |score, full, path| {
        format!("得 {score} 分（满分 {full} 分）；成绩单保存在 {path}，另有 .html、.json 和 .csv 格式")
    },
    help: HELP,
    heading: |name, level| format!("{name}（{level}）"),
    paste: "将命令粘贴到另一个终端，或输入行首的单词：",
    names: |origin, host| format!("源站是 {origin}，访问者请求的是 {host}。您自己的更改："),
    next: "`diagnose` 列出可能的原因，`apply` 列出修复办法，`help` 列出其他命令。",
    failed: |error| format!("操作未成功：{error}"),
    reset: "已恢复到故障状态。",
    exit_status: |status| format!("（退出状态 {status}）"),
    no_openssl: "此程序构建时未包含 OpenSSL；请改为粘贴 `story` 中的命令。",
    no_dig: "问题与域名解析无关：源站的域名指向源站。",
    name_server: |number| format!("域名服务器 {number}："),
    nothing: "（无）",
    more_lines: |count| format!("……还有 {count} 行"),
    no_certificate: "源站没有发送证书。",
    certificate: ["颁发者", "有效期", "密钥", "名称", "用途"],
    dates: |from, to| format!("{from} 至 {to}"),
    key: |key, signature| format!("{key}，签名算法 {signature}"),
    causes: "是下列哪一个原因？输入 `diagnose` 加编号或名称。",
    ruled_out: "（已排除）",
    no_such_cause: |number| format!("列表中没有编号为 {number} 的原因；`causes` 会列出全部"),
    which_cause: "原因是什么？`diagnose` 会列出可选的原因。",
    remedies: "可以采取的办法，其中一部分能够修复。输入 `apply` 加编号，然后输入 `check`。",
    done: |title| format!("已应用：{title}。现在请输入 `check`，或自行查看。"),
    points: |score, worth, hint| {
        let hint = hint.map_or_else(String::new, |cost| format!("；下一条提示扣 {cost} 分"));
        format!("已得 {score} 分；目前最多可得 {worth} 分（满分 {FULL} 分）{hint}。")
    },
    answer: |cause, title| format!("{}（{cause}）：{title}", self::cause(cause)),
    trap: "陷阱：",
    cures: |cures| if cures { "有效：" } else { "无效：" },
};

fn opening(opening: &Opening<'_>) -> String {
    let Opening { course, trainee, count, minutes, seed } = opening;
    let limit = minutes.map_or_else(String::new, |minutes| format!("总限时 {minutes} 分钟。"));
    format!("{course}：{trainee}，共 {count} 个练习，每个只能做一次。{limit}种子 {seed}。")
}

const MENU_HELP: &str = "命令：
  list [TRACK]     列出全部练习，或某一主题的练习
  open NAME        开始一个练习
  next             开始第一个尚未解决的练习
  mystery [SEED]   随机的故障，随机的名称
  score            查看进度
  quit             结束
";

const HELP: &str = "命令：
  story          客户的描述，以及可粘贴的命令
  ask            像访问者一样请求网站
  log            访问日志的最后一行
  openssl        AWS 文档中针对源站的检查
  dig            查询源站的域名服务器（与域名有关时）
  chain          源站发送给 CloudFront 的证书
  hint           查看提示（扣分）
  diagnose [N]   指出原因；不带编号则列出可选的原因
  apply [N]      应用修复办法；不带编号则列出全部办法
  check          检查正在运行的网站
  reset          恢复到故障状态
  score          目前的得分
  giveup         显示答案
  back, quit     离开练习、结束程序
";
