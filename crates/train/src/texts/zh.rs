//! Chinese, in simplified characters.

use std::fmt::Write as _;

use edge502_rules::{Cause, Phase};
use edge502_scenario::Level;

use super::{Language, Texts};
use crate::{Check, Evidence, FULL, Hint, Refusal, Track, Verdict};

pub(super) const TEXTS: Texts =
    Texts { language: Language::Chinese, track, level, cause, hint, right, wrong, verdict, seen, refusal, solved };

const fn track(track: Track) -> &'static str {
    match track {
        Track::Certificates => "证书",
        Track::Chains => "证书链",
        Track::Names => "域名与 SNI",
        Track::Protocols => "协议",
        Track::Network => "DNS 与网络",
        Track::Timeouts => "超时",
        Track::Whose => "这个 502 是谁的？",
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
        Cause::DnsNoAddress => "源站的域名没有所需类型的地址",
        Cause::DnsServerFailure => "源站的域名服务器返回错误",
        Cause::DnsTimeout => "源站的域名服务器没有及时应答",
        Cause::ConnectionRefused => "源站端口上没有服务接受连接",
        Cause::ConnectionTimeout => "源站对连接请求没有反应",
        Cause::ConnectionReset => "源站重置了连接",
        Cause::NotTls => "源站的 HTTPS 端口不使用 TLS",
        Cause::HandshakeClosed => "源站在 TLS 握手过程中关闭了连接",
        Cause::HandshakeTimeout => "源站在 TLS 握手过程中停止应答",
        Cause::ProtocolMismatch => "双方没有共同的协议版本",
        Cause::CipherMismatch => "双方没有共同的密码套件",
        Cause::CurveMismatch => "双方没有共同的椭圆曲线",
        Cause::SniRefused => "源站没有与所请求名称对应的证书",
        Cause::ClientCertificateRequired => "源站要求客户端证书，而没有配置",
        Cause::ClientCertificateRejected => "源站拒绝了客户端证书",
        Cause::CertificateExpired => "源站的证书已过期",
        Cause::CertificateNotYetValid => "源站的证书尚未生效",
        Cause::CertificateSelfSigned => "源站的证书是自签名的",
        Cause::CertificateUntrustedCa => "证书链终止于 CloudFront 不信任的颁发机构",
        Cause::CertificateNameMismatch => "证书上的名称与所请求的名称不符",
        Cause::CertificateWrongPurpose => "证书不能用于 TLS 服务器",
        Cause::CertificateUnsupportedKey => "CloudFront 不支持证书密钥的类型或长度",
        Cause::CertificateKeyMismatch => "私钥与证书不匹配",
        Cause::CertificateInvalid => "证书已损坏，或含有无法满足的要求",
        Cause::ChainIncomplete => "源站没有发送全部中间证书",
        Cause::ChainOutOfOrder => "证书发送的顺序不正确",
        Cause::ChainLeafNotFirst => "发送的第一张证书不是源站自己的证书",
        Cause::ChainIntermediateExpired => "所需的中间证书不在有效期内",
        Cause::ChainTooLong => "发送的证书太多，超过读取的数量",
        Cause::ChainConstraintViolated => "链中某张证书违反了自身或上级设定的限制",
        Cause::ConnectionClosedEarly => "源站没有应答就关闭了连接",
        Cause::ResponseTimeout => "源站没有及时应答",
        Cause::ResponseMalformed => "源站的应答不是有效的 HTTP",
        Cause::ResponseHeadersTooLarge => "应答的头部超过 CloudFront 的上限",
        Cause::ResponseTruncated => "应答在完整之前就结束了",
        Cause::LambdaResponseInvalid => "Lambda@Edge 函数返回的对象未通过校验",
        Cause::LambdaExecutionFailed => "Lambda@Edge 函数执行失败或达到限制",
        Cause::FunctionResponseInvalid => "CloudFront 函数返回的值未通过校验",
        Cause::FunctionExecutionFailed => "CloudFront 函数执行失败或达到限制",
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
            "域名可以解析。看看到该地址和端口的 TCP 连接结果如何，并与分配中设置的端口比较：\
             被拒绝、被重置和没有反应是三种不同的故障。"
        }
        Phase::Handshake => {
            "连接可以建立。用 openssl s_client 观察 TLS 握手：停在哪里，是谁停下的，此前双方各提供了什么。\
             也许根本没有发送证书。"
        }
        Phase::Certificate => {
            "证书收到了。查看第一张：有效期、名称、颁发者、用途、密钥、签名。名称必须是 CloudFront 所请求的名称。"
        }
        Phase::Chain => {
            "数一数源站发送的证书，按顺序查看：每张之后应是它的颁发者，直到受信任的根。\
             您自己的机器会补上的证书，CloudFront 并没有。"
        }
        Phase::Exchange => "握手没有问题。用 curl 直接请求源站，逐字节查看返回的内容以及返回的时间。",
        Phase::EdgeFunction => "看看源站是否收到过请求。边缘代码在请求前后运行，其返回值必须符合规则。",
        Phase::BehindOrigin => {
            "连接和应答都没有问题。查明错误是谁产生的：查看 Server 头部和页面，并与 CloudFront 自己的页面比较。"
        }
    }
}

fn found(evidence: &Evidence) -> String {
    let mut text = String::new();
    if let Some(log) = &evidence.log {
        let _ = writeln!(text, "日志中的 x-edge-detailed-result-type 是 {log}。");
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
        text.push_str("日志、openssl s_client 和 dig 都没有异常。这也是一个事实：请查看别处。\n");
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
        Verdict::Cured => "已修复：访问者可以看到网站。",
        Verdict::Fails => "未修复：访问者看到错误。",
        Verdict::ComesAndGoes => "未修复：有些访问者看到网站，有些看到错误。",
        Verdict::OnlyLooksGood => "未修复：状态码正常，但日志记录为错误。应答不完整，或者由其他内容代替。",
        Verdict::NotFromOrigin => "未修复：状态码正常，但这一响应并非来自源站，而是由边缘代为应答。",
        Verdict::InClear => "可以访问，但有代价：CloudFront 与源站之间没有加密，途中可以读到 Cookie 和 Authorization。",
    }
}

fn seen(check: &Check) -> String {
    let statuses: Vec<String> = check.statuses.iter().map(ToString::to_string).collect();
    let mut text = format!("状态 {}，日志 {} / {}", statuses.join(" "), check.result_type, check.detailed_result_type);
    if let Some(age) = check.age {
        let _ = write!(text, "，Age {age}：来自缓存，没有询问源站");
    }
    text
}

fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Over => "本练习已结束。".to_owned(),
        Refusal::TimeIsUp => "时间到了。".to_owned(),
        Refusal::NoMoreHints { allowed: 0 } => "这里没有提示。".to_owned(),
        Refusal::NoMoreHints { allowed } => format!("没有更多提示；{allowed} 条已全部给出。"),
        Refusal::NotAChoice => "这不在可选的原因之中。".to_owned(),
        Refusal::RuledOut => "您已经选过它；它不是原因。".to_owned(),
        Refusal::AlreadyRight => "您已经找到了原因。".to_owned(),
        Refusal::NoSuchRemedy { count } => format!("没有这个编号的办法；编号为 1 到 {count}。"),
    }
}

fn solved(score: u32) -> String {
    format!("已解决，得 {score} 分（满分 {FULL} 分）。")
}
